import ArgumentParser
import Delivery
import Foundation
import Logging
import MessageQueue
import Postgres
import ServiceLifecycle
import UnixSignals

/// A worker whose handler does nothing: what the queue itself costs. Started by `clearway bench`.
struct BenchWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-worker", abstract: "A worker with a handler that does nothing.",
        shouldDisplay: false)

    @Option(help: "The database.")
    var database: String

    @Option(help: "A name for logs.")
    var name = "bench"

    func run() async throws {
        var logger = Logger(label: "clearway.bench")
        logger.logLevel = .error
        let configuration = PostgresConfiguration(url: database, applicationName: name)
        let pool = ConnectionPool(configuration, maximumConnections: 6, logger: logger)
        var settings = WorkerSettings()
        settings.concurrency = 8
        settings.openMax = 8000
        settings.settleBatch = 2000
        settings.readQuota = 1000
        let worker = Worker(
            name: name, queue: MessageQueue(pool: pool),
            wakeUps: WakeUps(configuration: configuration, logger: logger), courier: NoOpCourier(),
            destinations: [1, 2, 3], settings: settings, logger: logger)
        let group = ServiceGroup(
            services: [worker], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await group.run()
    }
}

/// Delivers by doing nothing, at once.
struct NoOpCourier: Courier {
    func deliver(_ parcel: Parcel) async -> Delivered {
        Delivered(.delivered(Receipt()))
    }
}
