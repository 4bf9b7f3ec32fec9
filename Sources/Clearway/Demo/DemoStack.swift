import Foundation
import Logging
import MessageQueue
import NIOConcurrencyHelpers
import PaymentEvents
import Postgres
import Sandbox

/// Everything the demo runs on: a private PostgreSQL and this program's own processes.
final class DemoStack: Sendable {
    static let stripeBudget = 60
    static let commerceCloudBudget = 80
    /// What SCAPI lets us write: the cartridge's attributes and the two of refunds.
    static let attributes = [
        "c_stripePaymentIntentID", "c_stripeIsPaymentIntentInReview", "c_stripeRefundId",
        "c_stripeRefundedAmount",
    ]

    let server: LocalServer
    let pool: ConnectionPool
    let queue: MessageQueue
    let directory: String
    let sandboxURL: String
    let ingestURL: String
    let sandbox: SandboxControl
    let configuration: SandboxConfiguration

    private let environment: DemoEnvironment
    private let children: NIOLockedValueBox<[ChildProcess]>

    private init(
        server: LocalServer, pool: ConnectionPool, directory: String, sandboxURL: String,
        ingestURL: String, configuration: SandboxConfiguration, environment: DemoEnvironment,
        children: [ChildProcess]
    ) {
        self.server = server
        self.pool = pool
        self.queue = MessageQueue(pool: pool)
        self.directory = directory
        self.sandboxURL = sandboxURL
        self.ingestURL = ingestURL
        self.configuration = configuration
        self.environment = environment
        self.children = NIOLockedValueBox(children)
        sandbox = SandboxControl(url: sandboxURL)
    }

    /// Starts it all, hands it to `body`, and stops and removes it all, however `body` ends.
    static func with<Result: Sendable>(
        seed: UInt64, keep: Bool, logger: Logger,
        _ body: @Sendable (DemoStack) async throws -> Result
    ) async throws -> Result {
        let directory = try makeDirectory()
        var server: LocalServer?
        var stack: DemoStack?
        do {
            let started = try await LocalServer.start(
                directory: keep ? "\(directory)/postgres" : nil)
            server = started
            let made = try await start(
                server: started, directory: directory, seed: seed, logger: logger)
            stack = made
            let result = try await body(made)
            await stop(stack, server, directory: keep ? nil : directory)
            return result
        } catch {
            let words = stack?.lastWords ?? ""
            await stop(stack, server, directory: keep ? nil : directory)
            guard !words.isEmpty, !(error is CancellationError) else { throw error }
            throw DemoError("\(error)\n\(words)")
        }
    }

    private static func makeDirectory() throws -> String {
        let path = NSTemporaryDirectory() + "clearway-demo-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o711])
        return path
    }

    private static func start(
        server: LocalServer, directory: String, seed: UInt64, logger: Logger
    ) async throws -> DemoStack {
        let pool = ConnectionPool(
            PostgresConfiguration(url: server.url, applicationName: "clearway-demo"),
            maximumConnections: 6, logger: logger)
        var children: [ChildProcess] = []
        do {
            _ = try await Migrator(pool: pool, logger: logger).migrate(
                catalogue: Catalogue.standard.definitions)
            let queue = MessageQueue(pool: pool)
            let tenant = try await queue.addTenant(DemoPlan.tenant)
            try await queue.setBudget(
                tenantID: tenant, destinationID: 1, callsPerSecond: stripeBudget)
            try await queue.setBudget(
                tenantID: tenant, destinationID: 2, callsPerSecond: commerceCloudBudget)
            try await pool.withConnection {
                try await $0.run(
                    script: """
                        CREATE SCHEMA shop;
                        CREATE TABLE shop.shipment (reference text PRIMARY KEY);
                        """)
            }
            var configuration = SandboxConfiguration()
            configuration.seed = seed
            let ports = try FreePort.find(count: 2)
            let environment = DemoEnvironment(
                databaseURL: server.url, sandboxPort: ports[0], ingestPort: ports[1],
                seed: seed, configuration: configuration)
            children.append(
                try ChildProcess(
                    name: "sandbox", arguments: environment.sandboxArguments,
                    environment: environment.variables, directory: directory))
            children.append(
                try ChildProcess(
                    name: "ingest", arguments: environment.ingestArguments,
                    environment: environment.variables, directory: directory))
            let stack = DemoStack(
                server: server, pool: pool, directory: directory,
                sandboxURL: environment.sandboxURL, ingestURL: environment.ingestURL,
                configuration: configuration, environment: environment, children: children)
            try await stack.waitUntilReady()
            try await stack.prepareDoubles()
            for name in ["worker-1", "worker-2"] { try stack.startWorker(name) }
            return stack
        } catch {
            let words = children.map(\.lastWords).filter { !$0.isEmpty }.joined(separator: "\n")
            for child in children { await child.stop(grace: .seconds(1)) }
            await pool.close()
            throw words.isEmpty ? error : DemoError("\(error)\n\(words)")
        }
    }

    private func waitUntilReady() async throws {
        let end = ContinuousClock.now + .seconds(20)
        for (index, url) in [sandboxURL + "/_sandbox/summary", ingestURL + "/healthz/ready"]
            .enumerated()
        {
            while await DemoWeb.status(of: url) != 200 {
                let child = children.withLockedValue { $0[index] }
                guard child.isRunning else { throw DemoError("\(child.name) ended at once") }
                guard ContinuousClock.now < end else {
                    throw DemoError("\(child.name) does not answer at \(url)")
                }
                try await Task.sleep(for: .milliseconds(30))
            }
        }
    }

    private func prepareDoubles() async throws {
        try await sandbox.changeAttributes(
            site: DemoPlan.wholeSite, install: Self.attributes)
        try await sandbox.changeAttributes(
            site: DemoPlan.brokenSite, uninstall: Self.attributes)
        try await sandbox.setWebhooks(
            WebhookEndpoint(
                account: environment.account.id,
                url: ingestURL + "/webhooks/stripe/" + environment.account.id,
                secrets: [DemoEnvironment.webhookSecret], duplicateRate: 0.15, twinRate: 0.1,
                disorderRate: 0.2, disorderWindowMs: 400))
        for rule in DemoFaults.steady { try await sandbox.addFault(rule) }
    }

    /// Starts another worker process.
    func startWorker(_ name: String) throws {
        let child = try ChildProcess(
            name: name, arguments: environment.workerArguments(name: name),
            environment: environment.variables, directory: directory)
        children.withLockedValue { $0.append(child) }
    }

    /// Kills a process the hard way and replaces it.
    func killWorker(_ name: String, replacement: String) throws {
        children.withLockedValue { $0.first { $0.name == name } }?.kill9()
        children.withLockedValue { $0.removeAll { $0.name == name } }
        try startWorker(replacement)
    }

    /// Fails when a process has ended that nobody ended.
    func requireRunning() throws {
        if let gone = children.withLockedValue({ $0.first { !$0.isRunning } }) {
            throw DemoError("\(gone.name) ended by itself:\n\(gone.lastWords)")
        }
    }

    func postEvent(_ body: [UInt8]) async throws -> DemoWeb.Answer {
        try await DemoWeb.post(
            ingestURL + "/v1/events",
            headers: [("Content-Type", "application/json")]
                + DemoEnvironment.signature(of: body), body: body)
    }

    var storefront: DemoStorefront {
        DemoStorefront(
            sandbox: sandbox, sandboxURL: sandboxURL, secretKey: environment.account.secretKey)
    }

    /// Pipes lines into `clearway enqueue -`.
    func enqueueLines(_ lines: [[UInt8]]) async throws {
        let path = "\(directory)/events-\(UUID().uuidString.prefix(8)).jsonl"
        try Data(lines.joined(separator: [UInt8(ascii: "\n")])).write(
            to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try ChildProcess.program())
        process.arguments = environment.enqueueArguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment.variables) {
            $1
        }
        process.standardInput = FileHandle(forReadingAtPath: path)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        // The output is one screenful, which fits into the pipe.
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        guard status == 0 else {
            let words = String(
                decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            throw DemoError("clearway enqueue ended with \(status): \(words)")
        }
    }

    private var lastWords: String {
        children.withLockedValue { $0 }.filter { !$0.isRunning && !$0.lastWords.isEmpty }
            .map { "\($0.name): \($0.lastWords)" }.joined(separator: "\n")
    }

    private static func stop(
        _ stack: DemoStack?, _ server: LocalServer?, directory: String?
    ) async {
        // Not a child of the caller's task, so that a cancelled demo still cleans up; awaited here.
        await Task {
            if let stack {
                let children = stack.children.withLockedValue { $0 }
                await withTaskGroup(of: Void.self) { group in
                    for child in children { group.addTask { await child.stop() } }
                }
                await stack.pool.close()
            }
            await server?.stop()
            if let directory { try? FileManager.default.removeItem(atPath: directory) }
        }.value
    }
}
