import CLibpq

extension Connection {
    /// Subscribes to a channel for as long as the connection lives or until the pool has it back.
    ///
    /// Use a connection of its own, not one of a pool: waiting blocks it for everyone else.
    package func listen(_ channel: String) async throws(PostgresError) {
        guard configuration.usesNamedStatements else {
            throw PostgresError(
                .invalidUsage,
                "LISTEN delivers nothing through a pooler in transaction mode; connect directly")
        }
        let name = try quoted(identifier: channel)
        isListening = true
        try await run(script: "LISTEN \(name)")
    }

    func unlisten() async throws(PostgresError) {
        try await run(script: "UNLISTEN *")
        isListening = false
    }

    /// The next notification, or nil when none came in time. Waiting blocks this connection only.
    package func nextNotification(
        within limit: Duration
    ) async throws(PostgresError) -> Notification? {
        try await perform { (wire, interruption) throws(PostgresError) in
            var patience = Patience(limit, interruption, ending: .leaveConnection)
            while true {
                if let notification = try wire.nextNotification() { return notification }
                do throws(PostgresError) {
                    try wire.wait(for: .read, &patience)
                } catch {
                    if error.code == .deadlineExceeded { return nil }
                    throw error
                }
            }
        }
    }
}

extension Wire {
    /// A notification that has arrived, without waiting.
    func nextNotification() throws(PostgresError) -> Notification? {
        guard PQconsumeInput(connection) == 1 else { throw lost() }
        guard let received = PQnotifies(connection) else { return nil }
        defer { PQfreemem(received) }
        return Notification(
            channel: String(cString: received.pointee.relname),
            payload: String(cString: received.pointee.extra),
            processID: received.pointee.be_pid)
    }

    /// Takes in what an idle connection has received. The end of the stream breaks the wire.
    func readPending() {
        let isOpen = PQconsumeInput(connection) == 1
        // Parses what was read, so that the server's last words reach the notice log.
        _ = PQisBusy(connection)
        if !isOpen || notices.sawFarewell || PQstatus(connection) != CONNECTION_OK { _ = lost() }
    }
}
