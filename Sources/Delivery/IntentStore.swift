import MessageQueue
import NIOConcurrencyHelpers
import Postgres

/// Makes requests durable before they are sent, many in one transaction.
///
/// While one batch is being committed the next one gathers, so a commit is shared by all calls that
/// are about to leave, and a single call waits for nothing but its own commit.
actor IntentStore {
    private struct Waiting {
        let intent: MessageQueue.NewIntent
        let continuation: CheckedContinuation<Result<MessageQueue.StoredIntent?, any Error>, Never>
    }

    private let queue: MessageQueue
    private var waiting: [Waiting] = []
    private var isStoring = false
    private static let batchMax = 500

    init(queue: MessageQueue) {
        self.queue = queue
    }

    /// Stores a request, or returns the one stored before. `nil` when the lease is lost.
    func store(_ intent: MessageQueue.NewIntent) async throws -> MessageQueue.StoredIntent? {
        let result = await withCheckedContinuation { continuation in
            waiting.append(Waiting(intent: intent, continuation: continuation))
            guard !isStoring else { return }
            isStoring = true
            // Awaited by the callers, each through its continuation.
            Task { await self.storeWaiting() }
        }
        return try result.get()
    }

    private func storeWaiting() async {
        while !waiting.isEmpty {
            let batch = Array(waiting.prefix(Self.batchMax))
            waiting.removeFirst(batch.count)
            do {
                let stored = try await queue.storeIntents(batch.map(\.intent))
                for item in batch {
                    item.continuation.resume(returning: .success(stored[item.intent.messageID]))
                }
            } catch {
                for item in batch { item.continuation.resume(returning: .failure(error)) }
            }
        }
        isStoring = false
    }
}
