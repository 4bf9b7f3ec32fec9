import NIOConcurrencyHelpers

/// Wakes one waiting loop early. A signal given while nobody waits is kept, once.
final class WakeSignal: Sendable {
    private struct State {
        var isSignalled = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = NIOLockedValueBox(State())

    func signal() {
        let waiter = state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
            defer { state.waiter = nil }
            if state.waiter == nil { state.isSignalled = true }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns when signalled, when the time is over, or when the task is cancelled.
    func wait(atMost duration: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await Task.sleep(for: duration) }
            group.addTask { await self.waitForSignal() }
            await group.next()
            group.cancelAll()
            self.release()
        }
    }

    private func waitForSignal() async {
        await withCheckedContinuation { continuation in
            let resumesNow = state.withLockedValue { state in
                if state.isSignalled || Task.isCancelled {
                    state.isSignalled = false
                    return true
                }
                state.waiter = continuation
                return false
            }
            if resumesNow { continuation.resume() }
        }
    }

    /// Lets a waiter go whose time is over.
    private func release() {
        let waiter = state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
