import Hummingbird
package import Logging
package import MessageQueue
import NIOConcurrencyHelpers
import NIOCore
import ServiceLifecycle

/// The HTTP door: takes events and webhooks, answers once they are committed.
///
/// `run()` serves until it is cancelled or shut down gracefully: then it takes no new connections,
/// answers what it has, and returns.
package struct IngestServer: Service {
    private let settings: IngestSettings
    private let logger: Logger
    private let isDraining = NIOLockedValueBox(false)
    /// For tests, which send requests to it directly.
    package let responder: IngestResponder

    package init(queue: MessageQueue, settings: IngestSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
        let group = EnqueueGroup(queue: queue)
        let desk = RejectionDesk(queue: queue, logger: logger)
        responder = IngestResponder(
            settings: settings,
            events: EventsRoute(settings: settings, group: group, desk: desk, logger: logger),
            webhooks: WebhookRoute(settings: settings, group: group, desk: desk, logger: logger),
            health: HealthRoute(pool: queue.pool, logger: logger, isDraining: isDraining))
    }

    package func run() async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let host = settings.host
        let logger = logger
        let application = Application(
            responder: responder,
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: settings.port), serverName: "clearway"),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                logger.notice(
                    "ingest listens", metadata: ["url": "http://\(host):\(port)"])
            },
            logger: quiet)
        try await withGracefulShutdownHandler {
            try await application.run()
        } onGracefulShutdown: {
            isDraining.withLockedValue { $0 = true }
        }
    }
}
