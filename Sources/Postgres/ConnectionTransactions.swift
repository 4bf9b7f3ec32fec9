import CLibpq

extension Connection {
    /// Starts a transaction. In one already, the server only warns: do not nest.
    package func begin(_ isolation: Isolation = .readCommitted) async throws(PostgresError) {
        guard wire?.transactionStatus ?? PQTRANS_IDLE == PQTRANS_IDLE else {
            throw PostgresError(.invalidUsage, "a transaction is already open; do not nest them")
        }
        try await run(script: "BEGIN ISOLATION LEVEL \(isolation.rawValue)")
    }

    /// Commits, and waits for the answer whatever becomes of the task.
    ///
    /// COMMIT is never cancelled: the server would then skip the wait for its synchronous standby.
    /// If the answer does not come, the error is `commitUnknown` and the connection is closed.
    package func commit(deadline: Duration? = nil) throws(PostgresError) {
        guard let wire else {
            throw PostgresError(.connectionLost, "the connection is closed; nothing is committed")
        }
        defer { updateStatus() }
        let limit = Patience(
            deadline ?? configuration.statementTimeout, ending: .closeConnection)
        let hadFailed = wire.transactionStatus == PQTRANS_INERROR
        let result: ResultStorage
        do {
            result = try wire.complete(
                PQsendQuery(wire.connection, "COMMIT"), "COMMIT", patience: limit)
        } catch {
            throw hadFailed ? error : Self.commitError(error)
        }
        if String(cString: PQcmdStatus(result.pointer)) == "ROLLBACK" {
            throw PostgresError(
                .invalidUsage,
                "the transaction was rolled back, because a statement in it had failed and the "
                    + "error was ignored")
        }
    }

    /// Rolls back, cancelled task or not. If even that fails, the connection is closed, which
    /// rolls back as well.
    package func rollback() {
        guard let wire else { return }
        defer { updateStatus() }
        guard wire.transactionStatus != PQTRANS_IDLE, !wire.isBroken else { return }
        do {
            _ = try wire.complete(
                PQsendQuery(wire.connection, "ROLLBACK"), "ROLLBACK",
                patience: Patience(.seconds(5), ending: .closeConnection))
        } catch {
            close()
        }
    }

    /// Runs `body` in a transaction: commits when it returns, rolls back when it throws.
    package func withTransaction<R: Sendable>(
        isolation: Isolation = .readCommitted,
        _ body: @Sendable (Connection) async throws -> R
    ) async throws -> R {
        try await begin(isolation)
        let result: R
        do {
            result = try await body(self)
        } catch {
            rollback()
            throw error
        }
        try commit()
        return result
    }

    private static func commitError(_ error: PostgresError) -> PostgresError {
        // 40003 and 08007: the server itself says that it does not know.
        let isUnknown =
            error.code == .connectionLost || error.code == .deadlineExceeded
            || error.sqlState == "40003" || error.sqlState == "08007"
        guard isUnknown else { return error }
        var unknown = error
        unknown.code = .commitUnknown
        unknown.message = "COMMIT was sent, its answer never came: \(error.message)"
        return unknown
    }
}

extension Connection {
    /// Makes a connection fit for the next borrower, or closes it.
    func reset() async {
        rollback()
        if isListening, wire != nil {
            do {
                try await unlisten()
            } catch {
                close()
            }
        }
        updateStatus()
    }

    /// Reads what an idle connection has received, and closes it if that is the end.
    func probe() {
        if let wire { wire.readPending() }
        updateStatus()
    }
}
