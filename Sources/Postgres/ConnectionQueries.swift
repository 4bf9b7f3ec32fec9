import CLibpq

/// What a connection has prepared on the server under one name.
struct PreparedStatement {
    let sql: String
    let types: [TypeID]
    /// The plan no longer fits the schema: deallocate before preparing again.
    var isStale = false
}

extension Connection {
    /// Runs one statement with binary parameters and returns its rows.
    ///
    /// A named statement is prepared on first use. If the server has lost it or the schema has
    /// moved under it, it is prepared again and run once more, outside of a transaction only: in
    /// one the error is thrown, is retryable, and the next try prepares anew.
    package func query(
        _ statement: Statement, _ parameters: [any PostgresEncodable] = [],
        deadline: Duration? = nil
    ) async throws(PostgresError) -> Rows {
        let limit = deadline ?? configuration.statementTimeout
        return try await perform { (wire, interruption) throws(PostgresError) in
            try execute(statement, parameters, on: wire, Patience(limit, interruption))
        }
    }

    /// Runs a script of several statements by the simple protocol, all or nothing unless it
    /// contains its own BEGIN and COMMIT. It takes no parameters and returns no rows.
    package func run(
        script: String, deadline: Duration? = nil
    ) async throws(PostgresError) {
        // libpq would read it up to there and run the half.
        guard !script.utf8.contains(0) else {
            throw PostgresError(.invalidUsage, "the script contains a zero byte")
        }
        let limit = deadline ?? configuration.statementTimeout
        try await perform { (wire, interruption) throws(PostgresError) in
            _ = try wire.complete(
                PQsendQuery(wire.connection, script), "the script",
                patience: Patience(limit, interruption))
        }
    }

    private func execute(
        _ statement: Statement, _ parameters: [any PostgresEncodable], on wire: Wire,
        _ patience: Patience
    ) throws(PostgresError) -> Rows {
        let call = try EncodedParameters(parameters, statement, using: &encoder)
        guard configuration.usesNamedStatements, !statement.name.isEmpty else {
            return try call.sendUnnamed(statement, on: wire, encoder, patience)
        }
        do {
            return try executePrepared(statement, call, on: wire, patience)
        } catch {
            guard error.isStalePlan else { throw error }
            if error.sqlState == "26000" {
                prepared[statement.name] = nil
            } else {
                prepared[statement.name]?.isStale = true
            }
            guard wire.transactionStatus == PQTRANS_IDLE else { throw error }
            return try executePrepared(statement, call, on: wire, patience)
        }
    }

    private func executePrepared(
        _ statement: Statement, _ call: EncodedParameters, on wire: Wire, _ patience: Patience
    ) throws(PostgresError) -> Rows {
        if let known = prepared[statement.name] {
            try checkSame(known, statement, call)
            if known.isStale {
                let name = try quoted(identifier: statement.name)
                _ = try wire.complete(
                    PQsendQuery(wire.connection, "DEALLOCATE \(name)"), statement.label,
                    patience: patience)
                prepared[statement.name] = nil
            }
        }
        if prepared[statement.name] == nil {
            let types = call.types.map(\.rawValue)
            let sent = PQsendPrepare(
                wire.connection, statement.name, statement.sql, Int32(types.count), types)
            do {
                _ = try wire.complete(sent, statement.label, patience: patience)
            } catch {
                throw withPoolerHint(error)
            }
            prepared[statement.name] = PreparedStatement(sql: statement.sql, types: call.types)
        }
        return try call.sendPrepared(statement, on: wire, encoder, patience)
    }

    private func checkSame(
        _ known: PreparedStatement, _ statement: Statement, _ call: EncodedParameters
    ) throws(PostgresError) {
        guard known.sql == statement.sql else {
            throw PostgresError(
                .invalidUsage, "\(statement.label) was prepared with another text; rename one")
        }
        guard known.types == call.types else {
            func list(_ types: [TypeID]) -> String {
                types.map(\.description).joined(separator: ", ")
            }
            throw PostgresError(
                .invalidUsage,
                "\(statement.label) was prepared for (\(list(known.types))) "
                    + "and called with (\(list(call.types)))")
        }
    }

    private func withPoolerHint(_ error: PostgresError) -> PostgresError {
        guard error.sqlState == "42P05" else { return error }
        var error = error
        error.hint = "behind a pooler in transaction mode, switch named statements off"
        return error
    }

    /// An identifier in double quotes, safe to put into SQL.
    func quoted(identifier: String) throws(PostgresError) -> String {
        guard !identifier.utf8.contains(0), !identifier.isEmpty else {
            throw PostgresError(.invalidUsage, "an SQL name is empty or contains a zero byte")
        }
        return "\"" + identifier.replacing("\"", with: "\"\"") + "\""
    }
}

/// The parameters of one call: their types, and where each lies in the connection's buffer.
struct EncodedParameters {
    let types: [TypeID]
    private let fields: [Range<Int>?]

    init(
        _ parameters: [any PostgresEncodable], _ statement: Statement,
        using buffer: inout ParameterBuffer
    ) throws(PostgresError) {
        buffer.removeAll()
        var types: [TypeID] = []
        var fields: [Range<Int>?] = []
        for parameter in parameters {
            let type = Swift.type(of: parameter).typeID
            guard type != .none else {
                throw PostgresError(
                    .invalidUsage,
                    "\(statement.label): parameter \(types.count + 1) is an array of arrays")
            }
            types.append(type)
            fields.append(try buffer.appendParameter(parameter))
        }
        self.types = types
        self.fields = fields
    }

    func sendPrepared(
        _ statement: Statement, on wire: Wire, _ buffer: ParameterBuffer, _ patience: Patience
    ) throws(PostgresError) -> Rows {
        let formats = [Int32](repeating: 1, count: fields.count)
        let sent = withPointers(buffer) { values, lengths in
            PQsendQueryPrepared(
                wire.connection, statement.name, Int32(fields.count), values, lengths, formats, 1)
        }
        return Rows(storage: try wire.complete(sent, statement.label, patience: patience))
    }

    func sendUnnamed(
        _ statement: Statement, on wire: Wire, _ buffer: ParameterBuffer, _ patience: Patience
    ) throws(PostgresError) -> Rows {
        let formats = [Int32](repeating: 1, count: fields.count)
        let sent = withPointers(buffer) { values, lengths in
            PQsendQueryParams(
                wire.connection, statement.sql, Int32(fields.count), types.map(\.rawValue),
                values, lengths, formats, 1)
        }
        return Rows(storage: try wire.complete(sent, statement.label, patience: patience))
    }

    private func withPointers(
        _ buffer: ParameterBuffer,
        _ body: ([UnsafePointer<CChar>?], [Int32]) -> Int32
    ) -> Int32 {
        let lengths = fields.map { Int32($0?.count ?? 0) }
        return buffer.bytes.withUnsafeBytes { bytes in
            let start = bytes.baseAddress
            let values = fields.map { field -> UnsafePointer<CChar>? in
                guard let field else { return nil }
                return start?.advanced(by: field.lowerBound).assumingMemoryBound(to: CChar.self)
            }
            return body(values, lengths)
        }
    }
}
