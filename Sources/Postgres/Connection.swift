import CLibpq

/// One connection to PostgreSQL: an actor on a thread of its own.
///
/// Why a thread each: statements carry batches, so the driver's own time is small change (a batch
/// of 100 costs one round trip), a pool holds at most some twenty connections, and a thread that
/// may block needs no event loop, no continuations and no second thread for deadlines. LISTEN
/// blocks only the thread of the connection that listens.
///
/// Operations run one at a time in the order they were called. An operation that cannot leave the
/// connection idle closes it; every later one then fails with `connectionLost`.
package actor Connection {
    nonisolated let thread: ConnectionThread
    nonisolated let status = ConnectionStatus()
    let configuration: PostgresConfiguration
    private let wake: Wake
    private(set) var wire: Wire?
    var prepared: [String: PreparedStatement] = [:]
    var encoder = ParameterBuffer()
    var isListening = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        thread.asUnownedSerialExecutor()
    }

    private init(_ configuration: PostgresConfiguration, wake: Wake) {
        self.configuration = configuration
        self.wake = wake
        thread = ConnectionThread(name: "postgres")
    }

    deinit {
        thread.stop()
    }

    /// Opens a connection within the configuration's connect timeout.
    ///
    /// Resolving a host's name is the system's and may overrun the timeout; an address does not.
    package static func connect(
        _ configuration: PostgresConfiguration
    ) async throws(PostgresError) -> Connection {
        let connection = Connection(configuration, wake: try Wake())
        try await connection.open()
        return connection
    }

    /// The backend's process, as in `pg_stat_activity`; 0 once closed.
    package var processID: Int32 { wire.map { PQbackendPID($0.connection) } ?? 0 }

    /// The server's version as a number, 150020 for 15.20; 0 once closed.
    package var serverVersion: Int32 { wire.map { PQserverVersion($0.connection) } ?? 0 }

    /// Closes the connection and ends its thread. Closing twice does nothing.
    package func close() {
        wire = nil
        prepared.removeAll()
        status.set(.closed, socket: -1)
        thread.stop()
    }

    private func open() async throws(PostgresError) {
        let parameters = try ConnectionParameters(configuration)
        let limit = configuration.connectTimeout
        do {
            wire = try await interruptible { (interruption) throws(PostgresError) in
                try Wire.connect(parameters, wake: wake, limit: limit, interruption)
            }
        } catch {
            close()
            throw error
        }
        updateStatus()
    }

    /// Runs one operation on the wire, and drops the wire if the operation broke it.
    func perform<R>(
        _ operation: (Wire, Interruption) throws(PostgresError) -> R
    ) async throws(PostgresError) -> R {
        guard let wire else {
            throw PostgresError(.connectionLost, "the connection is closed")
        }
        defer { updateStatus() }
        return try await interruptible { (interruption) throws(PostgresError) -> R in
            if interruption.isRequested {
                throw PostgresError(.cancelled, "the task was cancelled before its turn came")
            }
            return try operation(wire, interruption)
        }
    }

    /// Tells the pool how the connection is; closes it if it is broken.
    func updateStatus() {
        guard let wire, !wire.isBroken, PQstatus(wire.connection) == CONNECTION_OK else {
            return close()
        }
        let isClean = wire.transactionStatus == PQTRANS_IDLE && !isListening
        status.set(isClean ? .clean : .inUse, socket: PQsocket(wire.connection))
    }

    /// Runs an operation on this thread while the task's cancellation can reach it.
    private func interruptible<R, Failure: Error>(
        _ operation: (Interruption) throws(Failure) -> R
    ) async throws(Failure) -> R {
        let interruption = Interruption(wake)
        let result = await withTaskCancellationHandler {
            // A method of the actor, not the body itself: that is what isolates this closure. One
            // that does not need `self` would run, and block, on the shared thread pool.
            attempt(operation, interruption)
        } onCancel: {
            interruption.request()
        }
        return try result.get()
    }

    private func attempt<R, Failure: Error>(
        _ operation: (Interruption) throws(Failure) -> R, _ interruption: Interruption
    ) -> Result<R, Failure> {
        do throws(Failure) {
            return .success(try operation(interruption))
        } catch {
            return .failure(error)
        }
    }
}
