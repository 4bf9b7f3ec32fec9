import ArgumentParser
import Foundation
import Ingest
import Logging
import MessageQueue
import NIOCore
import Postgres
import ServiceLifecycle
import UnixSignals

/// Takes events and webhooks over HTTP.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take events and Stripe's webhooks over HTTP.",
        discussion: """
            POST /v1/events: one event, an array of up to 1000, or one per line
            (application/x-ndjson). Signed by the caller with the header
            Clearway-Signature: t=<unix>,v1=<hex>
            where v1 is the HMAC-SHA256 of "<unix>.<body>".

            POST /webhooks/stripe/{account}: Stripe's webhooks of CLEARWAY_STRIPE_ACCOUNT.

            GET /healthz/live, /healthz/ready, /healthz/startup: probes.

            An answer of 2xx follows the commit. On SIGTERM it answers what it has and ends. \
            Needs DATABASE_URL and CLEARWAY_INGEST_SECRETS.
            """)

    @Option(help: "Listen on this address instead of CLEARWAY_INGEST_HOST.") var host: String?
    @Option(help: "Listen on this port instead of CLEARWAY_INGEST_PORT.") var port: Int?
    @OptionGroup var options: CommonOptions

    func validate() throws {
        if let port, !(0...65535).contains(port) {
            throw ValidationError("--port is 0 to 65535")
        }
    }

    func run() async throws {
        let settings = try await options.settings()
        let ingest = try ingestSettings(settings)
        let logger = try startLogging(settings, service: "ingest")
        do {
            try await withDatabase(settings, maximumConnections: 8, logger: logger) { pool in
                let server = IngestServer(
                    queue: MessageQueue(pool: pool), settings: ingest, logger: logger)
                try await runServices([server], logger: logger)
            }
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw CommandError(
                "\(ingest.host):\(ingest.port) is in use",
                next: "stop what listens there, or set CLEARWAY_INGEST_PORT")
        }
    }

    private func ingestSettings(_ settings: Settings) throws -> IngestSettings {
        guard !(try settings.list(.ingestSecrets)).isEmpty else {
            throw CommandError(
                "CLEARWAY_INGEST_SECRETS is not set",
                next:
                    "set it, or CLEARWAY_INGEST_SECRETS_FILE, to the secret that callers sign with")
        }
        // Read again for each request: a file that was replaced takes effect at once.
        var ingest = IngestSettings(secrets: { (try? settings.list(.ingestSecrets)) ?? [] })
        ingest.host = try host ?? settings.required(.ingestHost)
        ingest.port = try port ?? settings.integer(.ingestPort)
        ingest.bodyBytesMax = try settings.integer(.ingestBodyMax)
        if let account = try settings.text(.stripeAccount) {
            guard !(try settings.list(.stripeWebhookSecrets)).isEmpty else {
                throw CommandError(
                    "CLEARWAY_STRIPE_ACCOUNT is set but CLEARWAY_STRIPE_WEBHOOK_SECRETS is not",
                    next: "set it to the endpoint's signing secret (whsec_…)")
            }
            ingest.webhooks[account] = StripeWebhooks(
                tenant: try settings.required(.tenant), account: account,
                secrets: { (try? settings.list(.stripeWebhookSecrets)) ?? [] })
        }
        return ingest
    }
}

/// Runs services until one ends or a signal asks for the end; at most 40 seconds to drain.
func runServices(_ services: [any Service], logger: Logger) async throws {
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    var configuration = ServiceGroupConfiguration(
        services: services.map {
            .init(
                service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                failureTerminationBehavior: .gracefullyShutdownGroup)
        },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
    configuration.maximumGracefulShutdownDuration = .seconds(40)
    configuration.maximumCancellationDuration = .seconds(5)
    try await ServiceGroup(configuration: configuration).run()
}
