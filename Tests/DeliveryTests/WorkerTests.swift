import Foundation
import MessageQueue
import Postgres
import TestSupport
import Testing

@testable import Delivery

@Suite struct WorkerTests {
    @Test func `every message is delivered once and in order of its key`() async throws {
        try await withQueue { database in
            let courier = RecordingCourier()
            try await database.produce(count: 500, keys: 40)
            try await withWorkers(2, on: database, courier: courier) {
                try await database.untilSettled(accepted: 500)
            }
            #expect(courier.delivered.count == 500)
            #expect(Set(courier.delivered.map(\.messageID)).count == 500)
            #expect(courier.disorderedKeys.isEmpty)
            #expect(courier.overlaps.isEmpty)
        }
    }

    @Test func `a message that fails for a while delays its own key only`() async throws {
        try await withQueue { database in
            let courier = RecordingCourier { message, attempt in
                if message.messageID % 50 == 7, attempt < 3 {
                    return .retry(Failure(cause: .providerDown, code: "down", message: "down"))
                }
                return .delivered(Receipt())
            }
            try await database.produce(count: 400, keys: 25)
            try await withWorkers(2, on: database, courier: courier) {
                try await database.untilSettled(accepted: 400)
            }
            #expect(courier.delivered.count == 400)
            #expect(courier.disorderedKeys.isEmpty)
            #expect(courier.overlaps.isEmpty)
            try await database.expectConserved()
        }
    }

    @Test func `a dead message holds its successors until it is replayed`() async throws {
        try await withQueue { database in
            let repaired = Flag()
            let courier = RecordingCourier { message, _ in
                message.messageID == 1 && !repaired.isSet
                    ? .dead(Failure(cause: .businessRejected, code: "no", message: "no"))
                    : .delivered(Receipt())
            }
            let ids = try await database.produce(count: 6, keys: 1)
            try await database.run("UPDATE clearway.event_type SET successor_policy = 'hold'")
            try await withWorkers(1, on: database, courier: courier) {
                try await eventually("the first is dead and the rest are held") {
                    let counts = try await database.states()
                    return counts.dead == 1 && counts.held == 5
                }
                #expect(courier.delivered.isEmpty)
                repaired.set()
                _ = try await database.replay([ids[0]])
                try await database.untilSettled(accepted: 6)
            }
            #expect(courier.delivered.map(\.messageID) == ids)
            try await database.expectConserved()
        }
    }

    @Test func `an unknown outcome comes back asking for a look`() async throws {
        try await withQueue { database in
            let courier = RecordingCourier { message, attempt in
                if attempt == 1 {
                    return .unknown(
                        Failure(cause: .outcomeUnknown, code: "timeout", message: "no answer"))
                }
                return message.mustLook
                    ? .delivered(Receipt(wasAlreadyDone: true))
                    : .dead(Failure(cause: .codeDefect, code: "blind", message: "not looked"))
            }
            try await database.produce(count: 5, keys: 5)
            try await withWorkers(1, on: database, courier: courier) {
                try await database.untilSettled(accepted: 5)
            }
            #expect(courier.delivered.count == 5)
            #expect(try await database.states().dead == 0)
        }
    }

    @Test func `a message past its attempt limit is dead and has an owner`() async throws {
        try await withQueue { database in
            try await database.run("UPDATE clearway.event_type SET attempt_limit = 3")
            let courier = RecordingCourier { _, _ in
                .retry(Failure(cause: .providerDown, code: "down", message: "down"))
            }
            try await database.produce(count: 1, keys: 1)
            try await withWorkers(1, on: database, courier: courier) {
                try await eventually("it is dead") { try await database.states().dead == 1 }
            }
            let owner = try await database.text(
                "SELECT owner_team || ' ' || attempt_count FROM clearway.dead_letter")
            #expect(owner == "oms 3")
        }
    }

    @Test func `a row committed behind the cursor is found`() async throws {
        try await withQueue { database in
            let courier = RecordingCourier()
            try await database.pool.withTransaction { late in
                try await database.produce(count: 1, keys: 1, tag: "late", in: late)
                try await database.produce(count: 50, keys: 50, tag: "early")
                try await withWorkers(1, on: database, courier: courier) {
                    try await eventually("the early ones are delivered") {
                        courier.delivered.count == 50
                    }
                }
            }
            try await withWorkers(1, on: database, courier: courier) {
                try await database.untilSettled(accepted: 51)
            }
            #expect(courier.delivered.count == 51)
        }
    }

    @Test func `a row committed behind a live cursor is found`() async throws {
        try await withQueue { database in
            let courier = RecordingCourier()
            try await withWorkers(2, on: database, courier: courier) {
                try await database.pool.withTransaction { late in
                    try await database.produce(count: 20, keys: 20, tag: "late", in: late)
                    try await database.produce(count: 50, keys: 50, tag: "early")
                    try await eventually("the early ones are delivered") {
                        courier.delivered.count == 50
                    }
                }
                try await database.untilSettled(accepted: 70)
            }
            #expect(Set(courier.delivered.map(\.messageID)).count == 70)
        }
    }

    @Test func `lanes of a dead worker are taken over when its lease has run out`() async throws {
        try await withQueue { database in
            try await database.produce(count: 100, keys: 30)
            let dead = try await database.queue.claimLanes(
                worker: UUID(), lease: .milliseconds(300), limit: 100, afterSignal: 0,
                destinations: [1])
            #expect(!dead.isEmpty)
            let courier = RecordingCourier()
            try await withWorkers(1, on: database, courier: courier) {
                try await database.untilSettled(accepted: 100)
            }
            #expect(courier.delivered.count == 100)
            let late = try await database.queue.complete([
                .init(
                    claim: Claim(lane: dead[0].id, epoch: dead[0].epoch, position: 1),
                    messageID: 1, keyHash: 0, durationMicroseconds: 0)
            ])
            #expect(late == 0)
        }
    }

    @Test(arguments: 0..<4)
    func `random failures, late commits and restarts lose nothing and keep order`(
        round: Int
    ) async throws {
        let seed = SplitMix64.seed(round)
        try await withQueue { database in
            var generator = SplitMix64(seed: seed)
            let salt = generator.next()
            let courier = RecordingCourier { message, attempt in
                let roll = (UInt64(bitPattern: message.messageID) &* 0x9E37_79B9 ^ salt) % 20
                let failure = Failure(cause: .providerDown, code: "down", message: "down")
                switch (roll, attempt) {
                case (0...3, 1): return .retry(failure)
                case (4, 1...2): return .unknown(failure)
                case (5, 1): return .throttled(failure, retryAfter: nil)
                case (6, 1): return .deferred(failure, until: .milliseconds(5))
                default: return .delivered(Receipt())
                }
            }
            var accepted = 0
            for phase in 0..<4 {
                let count = Int.random(in: 20...150, using: &generator)
                let keys = Int.random(in: 1...30, using: &generator)
                let workers = Int.random(in: 1...3, using: &generator)
                let isLate = Bool.random(using: &generator)
                let total = accepted + count + (isLate ? 10 : 0)
                try await withWorkers(workers, on: database, courier: courier) {
                    if isLate {
                        try await database.pool.withTransaction { late in
                            try await database.produce(
                                count: 10, keys: 10, tag: "late\(phase)", in: late)
                            try await database.produce(
                                count: count, keys: keys, tag: "p\(phase)")
                        }
                    } else {
                        try await database.produce(count: count, keys: keys, tag: "p\(phase)")
                    }
                    if phase == 3 { try await database.untilSettled(accepted: total) }
                }
                accepted = total
            }
            #expect(
                Set(courier.delivered.map(\.messageID)).count == accepted, "seed \(seed)")
            #expect(courier.delivered.count == accepted, "delivered twice, seed \(seed)")
            #expect(courier.disorderedKeys.isEmpty, "seed \(seed)")
            #expect(courier.overlaps.isEmpty, "seed \(seed)")
            try await database.expectConserved()
        }
    }
}
