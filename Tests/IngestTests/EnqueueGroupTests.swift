import Ingest
import MessageQueue
import Testing
import TestSupport
import PaymentEvents

@Suite struct EnqueueGroupTests {
    private func event(_ key: String, tenant: String = "acme-us") throws -> NewEvent {
        NewEvent(try PaymentEvent(parsing: Array(capture(key: key, tenant: tenant).utf8)))
    }

    @Test func `concurrent events share transactions and a refused one stands alone`() async throws
    {
        try await withMigratedDatabase { database in
            _ = try await database.queue.addTenant("acme-us")
            let group = EnqueueGroup(queue: database.queue)
            let events = try (0..<200).map { index in
                try event("k\(index)", tenant: index == 77 ? "nobody" : "acme-us")
            }
            let refused: [Int] = await withTaskGroup(of: (Int, Bool).self) { tasks in
                for (index, event) in events.enumerated() {
                    tasks.addTask {
                        let outcomes = await group.enqueue([event])
                        return (index, (try? outcomes?.first?.get())?.status == .accepted)
                    }
                }
                return await tasks.reduce(into: []) { if !$1.1 { $0.append($1.0) } }
            }
            #expect(refused == [77])
            let depth = try await database.queue.readDepth()
            #expect(depth.first { $0.destination == "stripe" }?.ready == 199)
            let commits = try await database.queue.readConservation()
            #expect(commits.allSatisfy { $0.residualCount == 0 })
        }
    }

    @Test func `more waiting events than fit are refused at once`() async throws {
        try await withMigratedDatabase { database in
            _ = try await database.queue.addTenant("acme-us")
            let group = EnqueueGroup(queue: database.queue, waitingMax: 1)
            let (first, second) = (try event("a"), try event("b"))
            let tooMany = await group.enqueue([first, second])
            #expect(tooMany == nil)
            let one = await group.enqueue([first])
            #expect(one?.count == 1)
        }
    }
}
