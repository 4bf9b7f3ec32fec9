import CLibpq
import Foundation
import NIOConcurrencyHelpers

/// One request to the server to cancel what a connection is doing.
///
/// libpq 15 sends it by a blocking call over a connection of its own, so it runs on a thread of its
/// own: when the network is gone the call may hang for minutes while the caller moves on.
final class CancelRequest: Sendable {
    private let isFinishedBox = NIOLockedValueBox(false)

    /// Whether the server has taken the request. Only then can it no longer hit a later statement:
    /// the server closes the request's connection after it has signalled the backend.
    var isFinished: Bool { isFinishedBox.withLockedValue { $0 } }

    static func send(for connection: OpaquePointer, wake: Wake) -> CancelRequest {
        let request = CancelRequest()
        guard let cancel = PQgetCancel(connection) else {
            request.isFinishedBox.withLockedValue { $0 = true }
            return request
        }
        // PGcancel is a copy made for use by another thread (libpq § 34.7); only that one has it.
        nonisolated(unsafe) let handle = cancel
        let thread = Thread {
            var message = [CChar](repeating: 0, count: 256)
            // A refused request shows as a statement that does not end: the drain limit handles it.
            _ = PQcancel(handle, &message, Int32(message.count))
            PQfreeCancel(handle)
            request.isFinishedBox.withLockedValue { $0 = true }
            wake.signal()
        }
        thread.name = "postgres-cancel"
        thread.start()
        return request
    }
}
