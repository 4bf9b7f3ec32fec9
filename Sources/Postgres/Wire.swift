import CLibpq
import Foundation
import NIOConcurrencyHelpers

/// One `PGconn` in non-blocking mode, driven by `poll` with a deadline.
///
/// Every wait is on two descriptors, the socket and the `Wake` of the connection, so deadlines,
/// cancellation, connecting and LISTEN are the same loop. Confined to its connection's thread.
///
/// When a deadline passes or the caller cancels, the server is asked to cancel the statement and
/// has `drainTimeout` to come back to idle. If it does not, the wire is broken and must be dropped:
/// a connection that may still be busy is never used again.
final class Wire {
    static let drainTimeout = Duration.seconds(1)

    let connection: OpaquePointer
    let notices = NoticeLog()
    private let wake: Wake
    let parameters: ConnectionParameters
    /// Set when the wire must not be used again.
    var isBroken = false

    init(connection: OpaquePointer, wake: Wake, parameters: ConnectionParameters) {
        self.connection = connection
        self.wake = wake
        self.parameters = parameters
    }

    deinit {
        PQfinish(connection)
    }

    var transactionStatus: PGTransactionStatusType { PQtransactionStatus(connection) }

    /// What libpq last said, on one line and without secrets.
    var lastMessage: String {
        parameters.redacted(String(cString: PQerrorMessage(connection)).trimmedLine)
    }

    /// Flushes what was sent and reads until the command is over. Returns its last result.
    func complete(
        _ sent: Int32, _ label: String, patience: Patience
    ) throws(PostgresError) -> ResultStorage {
        guard sent == 1 else { throw lost() }
        var patience = patience
        try flush(&patience)
        return try collect(label, &patience)
    }

    /// Reads until the command is over. Returns its last result or throws its first error.
    func collect(
        _ label: String, _ patience: inout Patience
    ) throws(PostgresError) -> ResultStorage {
        var last: ResultStorage?
        var failure: PostgresError?
        while let result = try nextResult(&patience) {
            switch PQresultStatus(result.pointer) {
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
                failure = failure ?? serverError(result.pointer, patience, label)
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                isBroken = true
                throw PostgresError(.invalidUsage, "\(label) is a COPY; use copyIn")
            default: last = result
            }
        }
        try settle(&patience)
        if let failure { throw failure }
        guard let last else { throw lost() }
        if notices.takeUnconfirmedCommit() {
            throw PostgresError(
                .commitUnknown,
                "\(label) committed on the primary, but no standby confirmed it",
                sqlState: "57014")
        }
        return last
    }

    func flush(_ patience: inout Patience) throws(PostgresError) {
        while true {
            switch PQflush(connection) {
            case 0: return
            case 1:
                try wait(for: .both, &patience)
                guard PQconsumeInput(connection) == 1 else { throw lost() }
            default: throw lost()
            }
        }
    }

    func nextResult(_ patience: inout Patience) throws(PostgresError) -> ResultStorage? {
        while PQisBusy(connection) == 1 {
            try wait(for: .read, &patience)
            guard PQconsumeInput(connection) == 1 else {
                // What the server said before it closed is in the results that follow.
                if PQisBusy(connection) == 0 { break }
                throw lost()
            }
        }
        return PQgetResult(connection).map { ResultStorage($0) }
    }

    /// Waits until a cancel request that was sent can no longer hit a later statement.
    func settle(_ patience: inout Patience) throws(PostgresError) {
        while let request = patience.cancelRequest, !request.isFinished {
            try wait(for: .nothing, &patience)
        }
        patience.cancelRequest = nil
    }

    func serverError(
        _ result: OpaquePointer, _ patience: Patience, _ label: String
    ) -> PostgresError {
        var error = PostgresError(result: result, redact: parameters.redacted)
        guard let sqlState = error.sqlState else {
            isBroken = true
            error.code = .connectionLost
            return error
        }
        if PostgresError.endsConnection(result) {
            isBroken = true
            error.code = .connectionLost
        } else if sqlState == "57014" {
            error.code = patience.cause ?? .deadlineExceeded
            if patience.cause == nil, error.message.contains("user request") {
                error.code = .cancelled
            }
            error.message = "\(label) was cancelled: \(patience.reason ?? error.message)"
        }
        return error
    }

    /// Marks the wire as broken and says what libpq knows.
    func lost() -> PostgresError {
        isBroken = true
        let reason = lastMessage
        return PostgresError(
            .connectionLost,
            "the connection to PostgreSQL is lost: " + (reason.isEmpty ? "closed" : reason))
    }

    enum Direction { case read, write, both, nothing }

    /// Returns when the socket is ready, and at least once a second, because a TLS record may be
    /// waiting inside OpenSSL where `poll` cannot see it. Throws when patience has run out for good.
    func wait(for direction: Direction, _ patience: inout Patience) throws(PostgresError) {
        while true {
            try checkPatience(&patience)
            var events: Int32 = 0
            if direction == .read || direction == .both { events |= Int32(POLLIN) }
            if direction == .write || direction == .both { events |= Int32(POLLOUT) }
            let socket = direction == .nothing ? -1 : PQsocket(connection)
            var descriptors = [
                pollfd(fd: socket, events: Int16(events), revents: 0),
                pollfd(fd: wake.readDescriptor, events: Int16(POLLIN), revents: 0),
            ]
            let remaining = ContinuousClock.now.duration(to: patience.deadline)
            let ready = poll(&descriptors, 2, Int32(min(remaining, .seconds(1)).wholeMilliseconds))
            if ready < 0 && errno != EINTR {
                isBroken = true
                throw PostgresError(.connectionLost, "poll failed: \(errnoText())")
            }
            if descriptors[1].revents != 0 {
                wake.drain()
                if direction == .nothing { return }
            }
            if descriptors[0].revents != 0 || ready == 0 { return }
        }
    }

    private func checkPatience(_ patience: inout Patience) throws(PostgresError) {
        let isLate = ContinuousClock.now >= patience.deadline
        let isCancelled = patience.cause == nil && patience.interruption?.isRequested == true
        guard isLate || isCancelled else { return }
        if patience.cause != nil || patience.ending != .cancelStatement {
            isBroken = isBroken || patience.ending != .leaveConnection
            throw patience.exhausted(isCancelled: isCancelled)
        }
        patience.cause = isCancelled ? .cancelled : .deadlineExceeded
        patience.deadline = .now + Self.drainTimeout
        patience.cancelRequest = CancelRequest.send(for: connection, wake: wake)
    }
}
