import CLibpq

extension Connection {
    /// Runs a `COPY … FROM STDIN (FORMAT binary)` and returns how many rows it stored.
    ///
    /// `body` writes the rows on the connection's thread. If it throws, nothing is stored. The
    /// deadline covers all of it, body included.
    package func copyIn(
        _ sql: String, deadline: Duration? = nil,
        _ body: @Sendable (inout CopyWriter) throws -> Void
    ) async throws -> Int {
        let limit = deadline ?? configuration.statementTimeout
        var failure: (any Error)?
        let count = try await perform { (wire, interruption) throws(PostgresError) in
            try wire.copyIn(sql, Patience(limit, interruption), body, failure: &failure)
        }
        if let failure { throw failure }
        return count
    }
}

extension Wire {
    /// `failure` is what the body threw, when that is why the COPY ended.
    func copyIn(
        _ sql: String, _ patience: Patience, _ body: (inout CopyWriter) throws -> Void,
        failure: inout (any Error)?
    ) throws(PostgresError) -> Int {
        var patience = patience
        guard PQsendQuery(connection, sql) == 1 else { throw lost() }
        try flush(&patience)
        try expectCopyIn(&patience)
        var writer = CopyWriter { (bytes) throws(PostgresError) in
            try self.put(bytes, &patience)
        }
        var refusal: String?
        do {
            try body(&writer)
            try writer.finish()
        } catch {
            failure = error
            refusal = "the client gave up"
        }
        guard !isBroken else { throw (failure as? PostgresError) ?? lost() }
        while true {
            let sent = PQputCopyEnd(connection, refusal)
            if sent == 1 { break }
            guard sent == 0 else { throw lost() }
            try wait(for: .write, &patience)
        }
        try flush(&patience)
        do throws(PostgresError) {
            let result = try collect("COPY", &patience)
            return Rows(storage: result).affectedRowCount
        } catch {
            // The server repeats the refusal (57014) when the body threw; the body's own error is
            // the cause. But if the server failed first, its error is.
            if failure != nil, error.sqlState == "57014", patience.cause == nil { return 0 }
            failure = nil
            throw error
        }
    }

    private func expectCopyIn(_ patience: inout Patience) throws(PostgresError) {
        guard let first = try nextResult(&patience) else { throw lost() }
        if PQresultStatus(first.pointer) == PGRES_COPY_IN { return }
        guard PQresultStatus(first.pointer) == PGRES_FATAL_ERROR else {
            isBroken = true
            throw PostgresError(.invalidUsage, "copyIn needs a COPY … FROM STDIN")
        }
        let error = serverError(first.pointer, patience, "COPY")
        while try nextResult(&patience) != nil {}
        try settle(&patience)
        throw error
    }

    private func put(
        _ bytes: UnsafeBufferPointer<UInt8>, _ patience: inout Patience
    ) throws(PostgresError) {
        while true {
            let sent = bytes.withMemoryRebound(to: CChar.self) {
                PQputCopyData(connection, $0.baseAddress, Int32($0.count))
            }
            if sent == 1 { break }
            guard sent == 0 else { throw lost() }
            try wait(for: .both, &patience)
            guard PQconsumeInput(connection) == 1 else { throw lost() }
        }
        try flush(&patience)
        if let cause = patience.cause {
            throw PostgresError(cause, "COPY was cancelled: \(patience.reason ?? "")")
        }
    }
}
