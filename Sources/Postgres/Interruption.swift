import Foundation
import NIOConcurrencyHelpers

/// A pipe that makes a thread return from `poll` although its socket is silent.
///
/// A pipe rather than an eventfd: it exists on macOS too, and costs one more descriptor.
final class Wake: Sendable {
    let readDescriptor: Int32
    private let writeDescriptor: Int32

    init() throws(PostgresError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw PostgresError(
                .connectionFailed,
                "no file descriptor is left for a connection (\(errnoText())); "
                    + "raise the limit with ulimit -n")
        }
        for end in ends {
            _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (readDescriptor, writeDescriptor) = (ends[0], ends[1])
    }

    deinit {
        _ = close(readDescriptor)
        _ = close(writeDescriptor)
    }

    /// Wakes the thread. A full pipe is fine: the thread is about to wake anyway.
    func signal() {
        var byte: UInt8 = 1
        _ = write(writeDescriptor, &byte, 1)
    }

    func drain() {
        var bytes: (UInt64, UInt64) = (0, 0)
        while read(readDescriptor, &bytes, 16) == 16 {}
    }
}

/// The wish of one caller that its operation end early.
///
/// Each operation has its own, so a late cancellation cannot hit the operation that follows.
final class Interruption: Sendable {
    private let wake: Wake
    private let isRequestedBox = NIOLockedValueBox(false)

    init(_ wake: Wake) {
        self.wake = wake
    }

    var isRequested: Bool { isRequestedBox.withLockedValue { $0 } }

    func request() {
        isRequestedBox.withLockedValue { $0 = true }
        wake.signal()
    }
}

/// The text of the last failed system call.
func errnoText() -> String {
    String(cString: strerror(errno))
}
