import CLibpq

/// Takes the server's notices, which libpq would print to standard error.
///
/// All are dropped but two: the warning that a COMMIT did not wait for its synchronous standby,
/// without which a cancelled statement would look durable when it is not; and the last words of a
/// server that ends an idle session, which libpq passes on as a notice.
final class NoticeLog {
    private var sawUnconfirmedCommit = false
    private(set) var sawFarewell = false

    /// The log must live as long as the connection; `Wire` owns both.
    func attach(to connection: OpaquePointer) {
        let receiver: PQnoticeReceiver = { log, result in
            guard let log, let result else { return }
            Unmanaged<NoticeLog>.fromOpaque(log).takeUnretainedValue().note(result)
        }
        PQsetNoticeReceiver(connection, receiver, Unmanaged.passUnretained(self).toOpaque())
    }

    func takeUnconfirmedCommit() -> Bool {
        defer { sawUnconfirmedCommit = false }
        return sawUnconfirmedCommit
    }

    private func note(_ result: OpaquePointer) {
        // Only the C function tells this warning from others (replication/syncrep.c).
        if PostgresError.field(.routine, of: result) == "SyncRepWaitForLSN" {
            sawUnconfirmedCommit = true
        }
        if PostgresError.endsConnection(result) { sawFarewell = true }
    }
}
