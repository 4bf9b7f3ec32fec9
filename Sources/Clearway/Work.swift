import ArgumentParser
import AsyncHTTPClient
import CommerceCloudConnector
import Delivery
import FinanceConnector
import Foundation
import Logging
import MessageQueue
import PaymentEvents
import Postgres
import ServiceLifecycle
import StripeConnector

/// Delivers messages.
struct Work: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Deliver messages to Stripe and Salesforce.",
        discussion: """
            Start as many as you like, on as many machines: they share the work and the budgets \
            through the database. On SIGTERM a worker stops claiming, finishes what is under way, \
            gives its lanes back and ends; what it was killed with is delivered by another.
            Needs DATABASE_URL, CLEARWAY_TENANT, CLEARWAY_STRIPE_ACCOUNT, \
            CLEARWAY_STRIPE_SECRET_KEY and the CLEARWAY_COMMERCE_CLOUD_ settings.
            """)

    @Option(
        name: .customLong("name"),
        help: "A name for logs and the table of workers; host and process id when absent.")
    var givenName: String?

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let settings = try await options.settings()
        var worker = WorkerSettings()
        worker.concurrency = try settings.integer(.workerConcurrency)
        worker.lease = try settings.duration(.workerLease)
        let http = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: StripeClient.transport)
        do {
            let handlers = try Self.handlers(settings, http: http)
            let logger = try startLogging(settings, service: "worker")
            try await run(settings, worker, handlers: handlers, logger: logger)
        } catch {
            try await http.shutdown()
            throw error
        }
        try await http.shutdown()
    }

    private var name: String {
        givenName
            ?? "\(ProcessInfo.processInfo.hostName):\(ProcessInfo.processInfo.processIdentifier)"
    }

    private func run(
        _ settings: Settings, _ workerSettings: WorkerSettings,
        handlers: [Int16: any Handler], logger: Logger
    ) async throws {
        var listening = try postgresConfiguration(settings)
        let isListening = try settings.text(.listenURL) != nil || listening.usesNamedStatements
        if let url = try settings.text(.listenURL) { listening.url = url }
        let wakeUps = isListening ? WakeUps(configuration: listening, logger: logger) : nil
        try await withDatabase(settings, maximumConnections: 8, logger: logger) { pool in
            try await Migrator(pool: pool, logger: logger).requireCurrent()
            let queue = MessageQueue(pool: pool)
            let worker = Worker(
                name: name, queue: queue, wakeUps: wakeUps,
                courier: RemoteCourier(
                    handlers: handlers, queue: queue, catalogue: .standard, logger: logger),
                destinations: handlers.keys.sorted(), settings: workerSettings, logger: logger)
            logger.notice("worker runs", metadata: ["worker": "\(name)"])
            try await runServices([worker], logger: logger)
            logger.notice("worker has ended", metadata: ["worker": "\(name)"])
        }
    }

    /// One handler per destination id, from the settings of the one tenant they name.
    private static func handlers(
        _ settings: Settings, http: HTTPClient
    ) throws -> [Int16: any Handler] {
        let tenant = try settings.required(.tenant)
        _ = try settings.required(.stripeSecretKey)
        let key = try settings.text(.stripeSecretKey) ?? ""
        let account = StripeAccount(
            id: try settings.required(.stripeAccount),
            environment: key.contains("_live_") ? "live" : "test",
            secretKey: { try? settings.text(.stripeSecretKey) })
        let stripe = StripeHandler(
            client: StripeClient(http: http, baseURL: try settings.required(.stripeAPIBase)),
            account: { $0 == tenant ? account : nil })
        let organization = try settings.required(.commerceCloudOrganizationID)
        let realm =
            organization.hasPrefix("f_ecom_") ? String(organization.dropFirst(7)) : organization
        _ = try settings.required(.commerceCloudClientSecret)
        let instance = CommerceCloudInstance(
            baseURL: try settings.required(.commerceCloudAPIBase), organizationID: organization,
            tokens: AccountManagerTokens(
                http: http, tokenURL: try settings.required(.commerceCloudTokenURL),
                clientID: try settings.required(.commerceCloudClientID),
                scope: "SALESFORCE_COMMERCE_API:\(realm) sfcc.orders.rw",
                clientSecret: { try? settings.text(.commerceCloudClientSecret) }))
        let commerceCloud = CommerceCloudHandler(
            client: CommerceCloudClient(http: http),
            instance: { $0 == tenant ? instance : nil })
        return [1: stripe, 2: commerceCloud, 3: FinanceHandler()]
    }
}
