/// How long one operation may wait, and what has become of it.
struct Patience {
    /// When to give up, first politely, then for good.
    var deadline: ContinuousClock.Instant
    let limit: Duration
    /// The caller's wish to stop; nil when the operation must not be interrupted.
    let interruption: Interruption?
    let ending: Ending
    /// Why the statement was cancelled, once it was.
    var cause: PostgresError.Code?
    var cancelRequest: CancelRequest?

    /// What happens when patience runs out.
    enum Ending {
        /// The server is asked to cancel the statement.
        case cancelStatement
        /// The connection is given up. For COMMIT, where a cancel would skip the wait for the
        /// synchronous standby and still report success, and while connecting.
        case closeConnection
        /// Nothing: the connection is idle and only waits.
        case leaveConnection
    }

    init(
        _ limit: Duration, _ interruption: Interruption? = nil, ending: Ending = .cancelStatement
    ) {
        self.limit = min(limit, .seconds(10 * 365 * 86400))
        deadline = .now + self.limit
        self.interruption = interruption
        self.ending = ending
    }

    /// What ended the wait, for the message.
    var reason: String? {
        switch cause {
        case .cancelled: "its task was cancelled"
        case .deadlineExceeded: "its deadline of \(limit) passed"
        default: nil
        }
    }

    func exhausted(isCancelled: Bool) -> PostgresError {
        let code = cause ?? (isCancelled ? .cancelled : .deadlineExceeded)
        let what = code == .cancelled ? "the task was cancelled" : "no answer within \(limit)"
        let end = ending == .leaveConnection ? "" : "; the connection was closed"
        return PostgresError(code, what + end)
    }
}
