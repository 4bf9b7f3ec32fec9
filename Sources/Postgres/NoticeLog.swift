import CLibpq

/// Takes the server's notices, which libpq would print to standard error.
///
/// All are dropped but one: the warning that a COMMIT did not wait for its synchronous standby,
/// without which a cancelled statement would look durable when it is not.
final class NoticeLog {
    private var sawUnconfirmedCommit = false

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
        // SyncRepWaitForLSN warns with these two states (replication/syncrep.c).
        let sqlState = PostgresError.field(.sqlState, of: result)
        let isSyncWait =
            PostgresError.field(.routine, of: result) == "SyncRepWaitForLSN"
            && (sqlState == "57014" || sqlState == "57P01")
        if isSyncWait { sawUnconfirmedCommit = true }
    }
}
