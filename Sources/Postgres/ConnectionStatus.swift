import Foundation
import NIOConcurrencyHelpers

/// What a pool can know about a connection without waiting for its thread.
final class ConnectionStatus: Sendable {
    enum State: Sendable {
        /// Open, idle, outside of a transaction, not listening: fit for the next borrower.
        case clean
        /// Open, but in a transaction or listening.
        case inUse
        case closed
    }

    private let box = NIOLockedValueBox<(state: State, socket: Int32)>((.inUse, -1))

    var state: State { box.withLockedValue { $0.state } }

    func set(_ state: State, socket: Int32) {
        box.withLockedValue { $0 = (state, socket) }
    }

    /// Whether an idle connection has something to read. A healthy one has not: it is the server's
    /// last word, or the end of the stream. Only the one who holds the connection may ask.
    var hasPendingInput: Bool {
        let socket = box.withLockedValue { $0.socket }
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) != 0
    }
}
