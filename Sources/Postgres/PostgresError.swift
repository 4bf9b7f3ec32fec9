/// Why an operation on PostgreSQL failed, and whether trying again can help.
///
/// What the server said is kept field by field. The text never contains the password: messages of
/// libpq are redacted where they enter.
package struct PostgresError: Error, Sendable, Equatable {
    package enum Code: String, Sendable {
        /// No connection could be made: server down, refused, not resolvable, login rejected.
        case connectionFailed
        /// The connection broke during the operation. Whether a statement outside a transaction
        /// took effect is not known: repeat it only if it may happen twice.
        case connectionLost
        /// COMMIT was sent and its answer never came, or it came without the standby's
        /// confirmation. Ask the database what is true; never assume either.
        case commitUnknown
        /// The deadline passed. The statement was cancelled, or the connection closed.
        case deadlineExceeded
        /// The task was cancelled, or someone cancelled the statement on the server.
        case cancelled
        /// The server refused the statement; `sqlState` says why.
        case server
        /// A value does not fit the type it was asked to be read as.
        case decodingFailed
        /// The pool is closing or closed.
        case poolClosed
        /// A mistake of the program or of the configuration. Trying again changes nothing.
        case invalidUsage
    }

    package var code: Code
    /// Five characters by PostgreSQL's Appendix A, when the server answered at all.
    package var sqlState: String?
    package var message: String
    package var detail: String?
    package var hint: String?
    package var constraint: String?
    package var table: String?
    package var column: String?
    /// Where in the statement's text the error lies, in characters from 1.
    package var position: Int?
    /// The server's C function that raised the error: a name that no locale translates.
    package var routine: String?

    package init(_ code: Code, _ message: String, sqlState: String? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.hint = hint
    }

    /// Whether the same operation may succeed later without anyone changing anything.
    ///
    /// `commitUnknown` is not retryable: the first try may have taken effect.
    package var isRetryable: Bool {
        switch code {
        case .connectionLost: return true
        case .connectionFailed: return sqlState.map(Self.isTransient) ?? true
        case .server: return sqlState.map(Self.isTransient) ?? false || isStalePlan
        case .commitUnknown, .deadlineExceeded, .cancelled, .decodingFailed, .poolClosed,
            .invalidUsage:
            return false
        }
    }

    /// Whether a prepared statement no longer fits the schema, or is gone from the server.
    var isStalePlan: Bool {
        sqlState == "26000" || (sqlState == "0A000" && routine == "RevalidateCachedQuery")
    }

    private static func isTransient(_ sqlState: String) -> Bool {
        switch sqlState {
        case "40001", "40P01", "55P03",  // serialization, deadlock, lock not available
            "57P01", "57P02", "57P03",  // admin shutdown, crash shutdown, cannot connect now
            "53300", "25P03", "57P05":  // too many connections, idle too long
            true
        // Connection exceptions, but not the protocol violation of a value in a wrong format.
        default: sqlState.hasPrefix("08") && sqlState != "08P01"
        }
    }
}

extension PostgresError: CustomStringConvertible {
    package var description: String {
        var text = message
        if let sqlState { text += " (SQLSTATE \(sqlState))" }
        if let detail { text += "; \(detail)" }
        if let hint { text += "; hint: \(hint)" }
        return text
    }
}
