import NIOConcurrencyHelpers

/// Makes every call of one delivery wait for its turn in the destination's shared budget.
///
/// A message is taken with a permit for one call. A delivery that needs more (a look before the
/// send, the steps of an SFCC update) asks here before each further one, so that the budget counts
/// calls, not messages (guarantee 6). Handlers find it in `CallBudget.current` and need not know
/// whose budget it is; a task-local value, because it belongs to the delivery and not to any type
/// between the worker and the socket.
package final class CallBudget: Sendable {
    @TaskLocal package static var current: CallBudget?

    private let hasPermit = NIOLockedValueBox(true)
    private let reserve: @Sendable () async -> Duration?

    /// - Parameter reserve: reserves one call and says in how long it may leave; `nil` when the
    ///   budget is reserved too far ahead.
    package init(reserve: @escaping @Sendable () async -> Duration?) {
        self.reserve = reserve
    }

    /// Returns when the next call may leave. Without a budget, at once.
    package static func waitForTurn() async {
        await current?.wait()
    }

    private func wait() async {
        let isFirst = hasPermit.withLockedValue { permit in
            defer { permit = false }
            return permit
        }
        guard !isFirst else { return }
        while !Task.isCancelled {
            if let delay = await reserve() {
                try? await Task.sleep(for: delay)
                return
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }
}
