package import Logging
package import Postgres

/// Hears the wake-ups that producers send when a lane was idle. Notifications are hints: a worker
/// that hears none finds its work by looking, a little later.
package struct WakeUps: Sendable {
    private let configuration: PostgresConfiguration
    private let logger: Logger

    package init(configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Calls `heard` at each notification until cancelled; reconnects with growing pauses.
    package func run(_ heard: @Sendable () -> Void) async {
        var pause = Duration.milliseconds(100)
        while !Task.isCancelled {
            do {
                let connection = try await Connection.connect(configuration)
                pause = .milliseconds(100)
                do {
                    try await listen(on: connection, heard)
                } catch {
                    await connection.close()
                    throw error
                }
                await connection.close()
            } catch {
                guard !Task.isCancelled else { return }
                logger.info(
                    "not listening for wake-ups, looking for work instead",
                    metadata: ["error": "\(error)"])
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(10))
            }
        }
    }

    private func listen(
        on connection: Connection, _ heard: @Sendable () -> Void
    ) async throws(PostgresError) {
        try await connection.listen("clearway_wake")
        heard()
        while !Task.isCancelled {
            if try await connection.nextNotification(within: .seconds(30)) != nil { heard() }
        }
    }
}
