package import Logging
import NIOConcurrencyHelpers

/// A fixed number of connections that many tasks share.
///
/// Connections are made when first needed and again when they broke, with exponential backoff and
/// full jitter while the database is down; whoever has waited for the connect timeout by then gets
/// `connectionFailed`. Waiting for a busy connection has no limit of its own: cancel the task.
/// A connection that is broken, or may still be busy, is never handed out.
package final class ConnectionPool: Sendable {
    private typealias Borrower = CheckedContinuation<Result<Connection, PostgresError>, Never>
    private typealias State = PoolState<Connection, Borrower, CheckedContinuation<Void, Never>>

    private let configuration: PostgresConfiguration
    private let logger: Logger
    private let state: NIOLockedValueBox<State>
    private let openers = NIOLockedValueBox<[Int: Task<Void, Never>]>([:])

    package init(
        _ configuration: PostgresConfiguration, maximumConnections: Int, logger: Logger
    ) {
        precondition(maximumConnections > 0, "a pool needs at least one connection")
        self.configuration = configuration
        self.logger = logger
        state = NIOLockedValueBox(
            State(maximum: maximumConnections, patience: configuration.connectTimeout))
    }

    /// Lends a connection to `body`. It must not be used after `body` has returned; a transaction
    /// left open is rolled back, a subscription ended.
    package func withConnection<R: Sendable>(
        _ body: @Sendable (Connection) async throws -> R
    ) async throws -> R {
        let connection = try await borrow()
        do {
            let result = try await body(connection)
            await giveBack(connection)
            return result
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    /// Runs `body` in a transaction: commits when it returns, rolls back when it throws. The error
    /// `commitUnknown` means what it says; a retryable one means that nothing has happened.
    package func withTransaction<R: Sendable>(
        isolation: Isolation = .readCommitted,
        _ body: @Sendable (Connection) async throws -> R
    ) async throws -> R {
        try await withConnection { connection in
            try await connection.withTransaction(isolation: isolation, body)
        }
    }

    /// Runs one statement on any connection. The deadline does not include waiting for one.
    package func query(
        _ statement: Statement, _ parameters: [any PostgresEncodable] = [],
        deadline: Duration? = nil
    ) async throws(PostgresError) -> Rows {
        let connection = try await borrow()
        do throws(PostgresError) {
            let rows = try await connection.query(statement, parameters, deadline: deadline)
            await giveBack(connection)
            return rows
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    /// Ends all waiting with `poolClosed`, waits for what is lent out, and closes everything.
    package func close() async {
        await withCheckedContinuation { closer in
            perform(state.withLockedValue { $0.close(closer) })
            for opener in openers.withLockedValue({ Array($0.values) }) { opener.cancel() }
        }
    }

    private func borrow() async throws(PostgresError) -> Connection {
        while true {
            let connection = try await waitForConnection()
            if connection.status.hasPendingInput { await connection.probe() }
            if connection.status.state == .clean { return connection }
            await giveBack(connection)
        }
    }

    private func waitForConnection() async throws(PostgresError) -> Connection {
        let ticket = state.withLockedValue { $0.takeTicket() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { borrower in
                perform(state.withLockedValue { $0.borrow(ticket, borrower, now: .now) })
                // The handler may have run before there was anything to cancel.
                if Task.isCancelled { perform(state.withLockedValue { $0.cancel(ticket) }) }
            }
        } onCancel: {
            perform(state.withLockedValue { $0.cancel(ticket) })
        }
        return try result.get()
    }

    private func giveBack(_ connection: Connection) async {
        if connection.status.state == .inUse { await connection.reset() }
        let isFit = connection.status.state == .clean
        perform(state.withLockedValue { isFit ? $0.returned(connection) : $0.discarded() })
    }

    private func perform(_ actions: [State.Action]) {
        for action in actions {
            switch action {
            case .hand(let connection, let borrower):
                borrower.resume(returning: .success(connection))
            case .fail(let borrowers, let error):
                for borrower in borrowers { borrower.resume(returning: .failure(error)) }
            case .open: startOpener()
            case .close(let connections):
                // Nobody waits for these: closing an idle connection cannot fail or block.
                for connection in connections { Task { await connection.close() } }
            case .finish(let closers):
                for closer in closers { closer.resume() }
            }
        }
    }

    /// `close()` waits for the task, because an opener counts in the state until it has ended.
    private func startOpener() {
        let ticket = state.withLockedValue { $0.takeTicket() }
        openers.withLockedValue { openers in
            openers[ticket] = Task {
                await open()
                _ = self.openers.withLockedValue { $0.removeValue(forKey: ticket) }
            }
        }
    }

    private func open() async {
        while true {
            do throws(PostgresError) {
                let connection = try await Connection.connect(configuration)
                perform(state.withLockedValue { $0.opened(connection) })
                return
            } catch {
                logger.warning(
                    "cannot connect to PostgreSQL",
                    metadata: ["error": "\(error)", "code": "\(error.code.rawValue)"])
                let (actions, retry) = state.withLockedValue { $0.openFailed(error, now: .now) }
                perform(actions)
                guard case .again(let backoff, let latest) = retry else { return }
                let delay = backoff * Double.random(in: 0...1)
                // Cancelled by `close()`, the next attempt fails at once and ends the loop.
                try? await Task.sleep(until: min(.now + delay, latest), clock: .continuous)
            }
        }
    }
}
