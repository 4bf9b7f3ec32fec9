import DequeModule
import MessageQueue

/// What a worker knows about one lane it holds. Guarded by the lock of the board that owns it.
final class HeldLane {
    /// A group of messages read together; the floor passes it when all have been settled.
    final class ReadBatch {
        /// Below this nothing of the batch lies.
        let first: Int64
        /// Above this nothing of the batch lies.
        let last: Int64
        /// Whether it fills a gap behind the cursor.
        let isGap: Bool
        var openCount: Int

        init(first: Int64, last: Int64, isGap: Bool, openCount: Int) {
            self.first = first
            self.last = last
            self.isGap = isGap
            self.openCount = openCount
        }
    }

    /// One ordering key in this worker: the message under way and those that wait for it.
    struct Chain {
        var current: Int64
        var waiting: Deque<Ticket> = []

        func contains(_ position: Int64) -> Bool {
            current == position || waiting.contains { $0.message.position == position }
        }
    }

    let lease: LaneLease
    var cursor: LaneCursor
    var validUntil: ContinuousClock.Instant
    var chains: [Int64: Chain] = [:]
    var batches: Deque<ReadBatch> = []
    var openCount = 0
    /// Positions settled while a gap is being read, whose snapshot may still show them.
    var settledDuringGapRead: Set<Int64>?
    var hasBlockedKeys: Bool
    /// Keys this worker blocked, with the reading that was under way then: what that reading says
    /// about the key is out of date.
    var blockedDuring: [Int64: Int] = [:]
    /// How often each key was blocked by this worker; an answer about a key from before is out of
    /// date.
    var blockCount: [Int64: Int] = [:]
    var readingNumber = 0
    var isBeingRead = false
    var pendingGap: LaneCursor.Gap?
    var lastGapReadAt: ContinuousClock.Instant
    var lastMessageAt: ContinuousClock.Instant
    var deliveredCount = 0
    /// On probation: whether a message is under way, and those that wait to go alone.
    var isAloneBusy = false
    var aloneWaiting: Deque<Ticket> = []
    var giveBack = GiveBack.no

    /// How far the lane is on its way back.
    enum GiveBack: Equatable {
        case no
        /// Somebody else shall have it: no more reading, release when nothing is open.
        case draining
        /// Empty: the signals have been taken back. Waits until all transactions below this ended.
        case quiescing(until: UInt64)
    }

    init(lease: LaneLease, validUntil: ContinuousClock.Instant, now: ContinuousClock.Instant) {
        self.lease = lease
        self.validUntil = validUntil
        cursor = LaneCursor(position: lease.floorPosition)
        hasBlockedKeys = lease.hasBlockedKeys
        lastMessageAt = now
        lastGapReadAt = now
    }

    /// Whether its messages are delivered alone, each marked before, because holders crashed here.
    var isOnProbation: Bool { lease.crashCount >= Self.probationCrashCount }
    static let probationCrashCount = 2
    /// How many crashes with the same message marked make it a dead letter.
    static let poisonCrashCount = 5

    /// Nothing is left and nothing can appear at or below this position.
    var floor: Int64 {
        var floor = cursor.floor
        if let gap = pendingGap { floor = min(floor, gap.after) }
        for batch in batches where batch.openCount > 0 {
            floor = min(floor, batch.first - 1)
        }
        return floor
    }

    /// Forgets batches that are settled.
    func trimBatches() {
        while let first = batches.first, first.openCount == 0 { batches.removeFirst() }
    }
}

/// A message on its way through this worker.
struct Ticket {
    let message: Message
    let lane: HeldLane
    let batch: HeldLane.ReadBatch

    var claim: Claim {
        Claim(lane: lane.lease.id, epoch: lane.lease.epoch, position: message.position)
    }
}
