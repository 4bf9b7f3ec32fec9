import DequeModule
import MessageQueue
import NIOConcurrencyHelpers

/// Everything a worker holds in memory: its lanes, what was read from them, what is under way.
///
/// Slots take tickets from here, the reader puts messages in, the settler says which are done. One
/// lock guards all of it; no call is made and nothing is awaited under the lock.
///
/// `@unchecked Sendable`: every stored property is read and written only with `lock` held.
final class LaneBoard: @unchecked Sendable {
    private let lock = NIOLock()
    private var lanes: [LaneID: HeldLane] = [:]
    private var channels: [ChannelID: ChannelQueue] = [:]
    /// Channels of each destination, in the order in which they are served next.
    private var rings: [Int16: Deque<ChannelID>] = [:]
    private var waiters: [Int16: [CheckedContinuation<Void, Never>]] = [:]
    private var openCount = 0
    private var isClosed = false
    private var limits: [ChannelID: Int]
    private var knownChannels: Set<ChannelID> = []
    private let openMax: Int

    struct ChannelID: Hashable {
        let tenantID: Int32
        let destinationID: Int16
    }

    init(openMax: Int) {
        limits = [:]
        self.openMax = openMax
    }

    // MARK: Lanes

    /// Puts leases on the board; `false` when it is closed and they must be given back.
    func add(_ leases: [LaneLease], validUntil: ContinuousClock.Instant) -> Bool {
        let now = ContinuousClock.now
        return lock.withLock {
            guard !isClosed else { return false }
            for lease in leases {
                drop(lease.id)
                lanes[lease.id] = HeldLane(lease: lease, validUntil: validUntil, now: now)
            }
            return true
        }
    }

    /// Forgets a lane. Its messages under way are abandoned: whatever comes of them is not recorded.
    private func drop(_ id: LaneID) {
        guard let lane = lanes.removeValue(forKey: id) else { return }
        let channel = ChannelID(tenantID: id.tenantID, destinationID: id.destinationID)
        channels[channel]?.removeAll(of: lane)
        openCount -= lane.openCount
        lane.openCount = 0
    }

    /// Drops lanes whose lease ran out before it could be renewed; returns them.
    func dropExpired(now: ContinuousClock.Instant) -> [LaneID] {
        lock.withLock {
            let expired = lanes.values.filter { $0.validUntil <= now }.map(\.lease.id)
            for id in expired { drop(id) }
            return expired
        }
    }

    var heldCount: Int { lock.withLock { lanes.count } }
    var openMessageCount: Int { lock.withLock { openCount } }

    /// What to report when leases are renewed.
    func reports() -> [MessageQueue.LaneReport] {
        lock.withLock { lanes.values.map(report) }
    }

    private func report(_ lane: HeldLane) -> MessageQueue.LaneReport {
        MessageQueue.LaneReport(
            id: lane.lease.id, epoch: lane.lease.epoch, floorPosition: lane.floor,
            inFlightCount: lane.openCount,
            isHealthy: !lane.isOnProbation ? lane.deliveredCount > 0 : lane.deliveredCount >= 100)
    }

    func didRenew(
        _ reports: [MessageQueue.LaneReport], kept: Set<LaneID>,
        validUntil: ContinuousClock.Instant
    ) -> [LaneID] {
        lock.withLock {
            var lost: [LaneID] = []
            for report in reports {
                guard let lane = lanes[report.id], lane.lease.epoch == report.epoch else {
                    continue
                }
                // A lease that ran out here stays lost, even when the renewal came in time there:
                // its messages may have been given up meanwhile.
                if kept.contains(report.id), lane.validUntil > .now {
                    lane.validUntil = max(lane.validUntil, validUntil)
                } else {
                    lost.append(report.id)
                    drop(report.id)
                }
            }
            return lost
        }
    }

    /// Marks lanes to be handed over, the least busy first, until at most `share` are kept.
    func giveUp(keeping share: Int) {
        lock.withLock {
            let kept = lanes.values.filter { $0.giveBack != .draining }
            guard kept.count > share else { return }
            let surplus = kept.sorted { $0.openCount < $1.openCount }.prefix(kept.count - share)
            for lane in surplus { lane.giveBack = .draining }
        }
    }

    /// Takes all lanes off the board, at the end. What was read and not begun stays in the queue.
    func takeAll() -> [MessageQueue.LaneReport] {
        lock.withLock {
            let reports = lanes.values.map(report)
            for id in Array(lanes.keys) { drop(id) }
            return reports
        }
    }

    /// Lanes that may be released now: handed over and without open messages, or proved empty.
    func takeReleasable() -> [MessageQueue.LaneReport] {
        lock.withLock {
            let releasable = lanes.values.filter {
                $0.giveBack == .draining && $0.openCount == 0 && !$0.isBeingRead
            }
            let reports = releasable.map(report)
            for lane in releasable { drop(lane.lease.id) }
            return reports
        }
    }

    // MARK: Reading

    /// What to read next. `gapInterval` bounds how often the same lane is looked at behind its
    /// cursor.
    func nextReading(
        now: ContinuousClock.Instant, quota: Int, gapInterval: Duration
    ) -> ReadingPlan? {
        lock.withLock {
            let room = openMax - openCount
            guard room > 0 else { return nil }
            var plan = ReadingPlan()
            let readable = lanes.values.filter { !$0.isBeingRead && $0.giveBack != .draining }
            guard !readable.isEmpty else { return nil }
            let fairQuota = min(quota, max(1, room / readable.count))
            for lane in readable {
                lane.isBeingRead = true
                lane.readingNumber += 1
                plan.checksKeys = plan.checksKeys || lane.hasBlockedKeys
                plan.entries.append(.init(lane: lane, after: lane.cursor.position, gap: nil))
                plan.stretches.append(
                    .init(
                        lane: lane.lease.id, after: lane.cursor.position,
                        quota: lane.isOnProbation ? min(fairQuota, 16) : fairQuota))
                if let gap = lane.pendingGap, lane.lastGapReadAt + gapInterval <= now {
                    lane.pendingGap = nil
                    lane.lastGapReadAt = now
                    lane.settledDuringGapRead = []
                    plan.entries.append(.init(lane: lane, after: gap.after, gap: gap))
                    plan.stretches.append(
                        .init(
                            lane: lane.lease.id, after: gap.after, through: gap.through,
                            quota: Int(Int32.max)))
                }
            }
            return plan
        }
    }

    struct ReadingPlan {
        struct Entry {
            let lane: HeldLane
            let after: Int64
            let gap: LaneCursor.Gap?
        }

        var entries: [Entry] = []
        var stretches: [MessageQueue.Stretch] = []
        var checksKeys = false
    }

    /// What came of a reading.
    struct Received {
        var newCount = 0
        /// Must be moved behind their blocked keys.
        var toHold: [Ticket] = []
        /// Got messages after their signals were taken back.
        var toSignal: [LaneID] = []
    }

    /// Takes in what was read.
    func received(
        _ reading: MessageQueue.Reading, for plan: ReadingPlan, now: ContinuousClock.Instant
    ) -> Received {
        lock.withLock {
            var result = Received()
            for (entry, messages) in zip(plan.entries, reading.messages) {
                let lane = entry.lane
                guard lanes[lane.lease.id] === lane else { continue }
                if entry.gap != nil {
                    let fresh = messages.filter { isNew($0, in: lane) }
                    lane.settledDuringGapRead = nil
                    result.newCount += take(fresh, into: lane, isGap: true, toHold: &result.toHold)
                } else {
                    let gap = lane.cursor.didRead(
                        through: messages.last?.position, in: reading.snapshot)
                    if let gap { lane.widenGap(gap) }
                    result.newCount += take(
                        messages, into: lane, isGap: false, toHold: &result.toHold)
                    lane.isBeingRead = false
                }
                if lane.openCount > 0, case .quiescing = lane.giveBack {
                    lane.giveBack = .no
                    lane.lastMessageAt = now
                    result.toSignal.append(lane.lease.id)
                }
            }
            wakeSlots()
            return result
        }
    }

    /// Puts back what a failed reading had taken.
    func readingFailed(_ plan: ReadingPlan) {
        lock.withLock {
            for entry in plan.entries {
                if let gap = entry.gap {
                    entry.lane.widenGap(gap)
                    entry.lane.settledDuringGapRead = nil
                } else {
                    entry.lane.isBeingRead = false
                }
            }
        }
    }

    private func isNew(_ message: Message, in lane: HeldLane) -> Bool {
        if lane.settledDuringGapRead?.contains(message.position) == true { return false }
        return lane.chains[message.keyHash]?.contains(message.position) != true
    }

    private func take(
        _ messages: [Message], into lane: HeldLane, isGap: Bool, toHold: inout [Ticket]
    ) -> Int {
        guard let first = messages.first, let last = messages.last else { return 0 }
        let batch = HeldLane.ReadBatch(
            first: first.position, last: last.position, isGap: isGap, openCount: messages.count)
        lane.trimBatches()
        lane.batches.append(batch)
        lane.openCount += messages.count
        openCount += messages.count
        for message in messages {
            let ticket = Ticket(message: message, lane: lane, batch: batch)
            if mustHold(message, in: lane) {
                toHold.append(ticket)
            } else {
                enqueue(ticket)
            }
        }
        return messages.count
    }

    private func mustHold(_ message: Message, in lane: HeldLane) -> Bool {
        if let through = message.throughID, message.messageID > through { return true }
        guard let number = lane.blockedDuring[message.keyHash] else { return false }
        if number >= lane.readingNumber { return true }
        lane.blockedDuring[message.keyHash] = nil
        return false
    }

    /// Lets a message go, or puts it behind the one of its key that is under way.
    private func enqueue(_ ticket: Ticket) {
        let key = ticket.message.keyHash
        let lane = ticket.lane
        if lane.chains[key] != nil {
            lane.chains[key]?.waiting.append(ticket)
        } else {
            lane.chains[key] = HeldLane.Chain(current: ticket.message.position)
            push(ticket)
        }
    }

    private func push(_ ticket: Ticket) {
        if ticket.lane.isOnProbation {
            guard !ticket.lane.isAloneBusy else {
                ticket.lane.aloneWaiting.append(ticket)
                return
            }
            ticket.lane.isAloneBusy = true
        }
        let id = ticket.lane.lease.id
        let channel = ChannelID(tenantID: id.tenantID, destinationID: id.destinationID)
        if channels[channel] == nil {
            channels[channel] = ChannelQueue(
                tenantID: id.tenantID, destinationID: id.destinationID,
                callsPerSecond: limits[channel])
            rings[id.destinationID, default: []].append(channel)
        }
        channels[channel]?.push(ticket)
    }

    // MARK: Slots

    /// The next message for a slot of a destination and the moment at which it may be sent.
    /// Waits until there is one; `nil` when the board is closed.
    func next(destinationID: Int16) async -> (ticket: Ticket, at: ContinuousClock.Instant?)? {
        while true {
            let taken: Taken = lock.withLock { take(destinationID: destinationID) }
            switch taken {
            case .ticket(let ticket, let at): return (ticket, at)
            case .closed: return nil
            case .nothing:
                await withCheckedContinuation { continuation in
                    let resumesNow = lock.withLock {
                        if isClosed || hasWork(destinationID) { return true }
                        waiters[destinationID, default: []].append(continuation)
                        return false
                    }
                    if resumesNow { continuation.resume() }
                }
            }
        }
    }

    private enum Taken {
        case ticket(Ticket, ContinuousClock.Instant?)
        case nothing
        case closed
    }

    private static let permitHorizon = Duration.milliseconds(50)
    private static let permitGrace = Duration.milliseconds(100)

    private func take(destinationID: Int16) -> Taken {
        guard !isClosed else { return .closed }
        guard var ring = rings[destinationID] else { return .nothing }
        let now = ContinuousClock.now
        for _ in ring.indices {
            let channel = ring.removeFirst()
            ring.append(channel)
            guard let (ticket, at) = take(from: channel, now: now) else { continue }
            rings[destinationID] = ring
            return .ticket(ticket, at)
        }
        return .nothing
    }

    private func take(
        from channel: ChannelID, now: ContinuousClock.Instant
    ) -> (Ticket, ContinuousClock.Instant?)? {
        guard let queue = channels[channel], queue.count > 0 else { return nil }
        if let quietUntil = queue.quietUntil, quietUntil > now { return nil }
        var at: ContinuousClock.Instant?
        if queue.callsPerSecond != nil {
            at = queue.takePermit(
                now: now, within: Self.permitHorizon, grace: Self.permitGrace)
            guard at != nil else { return nil }
        }
        return queue.pop().map { ($0, at) }
    }

    private func hasWork(_ destinationID: Int16) -> Bool {
        let now = ContinuousClock.now
        return rings[destinationID, default: []].contains { channel in
            guard let queue = channels[channel], queue.count > 0 else { return false }
            if let quietUntil = queue.quietUntil, quietUntil > now { return false }
            guard queue.callsPerSecond != nil else { return true }
            return queue.permits.contains {
                $0 + Self.permitGrace >= now && $0 <= now + Self.permitHorizon
            }
        }
    }

    /// Resumes slots of every destination that has work.
    func wake() {
        lock.withLock { wakeSlots() }
    }

    private func wakeSlots() {
        for (destination, waiting) in waiters where !waiting.isEmpty {
            let ready = rings[destination, default: []].reduce(0) {
                $0 + (channels[$1]?.count ?? 0)
            }
            let resumed = isClosed ? waiting.count : min(ready, waiting.count)
            guard resumed > 0 else { continue }
            for continuation in waiting.suffix(resumed) { continuation.resume() }
            waiters[destination]?.removeLast(resumed)
        }
    }

    /// Ends all slots once they ask for their next message.
    func close() {
        lock.withLock {
            isClosed = true
            wakeSlots()
        }
    }

    // MARK: Budgets

    /// Takes in the budgets as they are now.
    func setLimits(_ channelLimits: [ChannelID: Int?]) {
        lock.withLock {
            knownChannels = Set(channelLimits.keys)
            limits = channelLimits.compactMapValues { $0 }
            for (id, queue) in channels { queue.callsPerSecond = limits[id] }
            wakeSlots()
        }
    }

    /// Whether the budgets of all these lanes are known; if not, they must be read before a call.
    func knowsChannels(of leases: [LaneLease]) -> Bool {
        lock.withLock {
            leases.allSatisfy {
                knownChannels.contains(
                    ChannelID(tenantID: $0.id.tenantID, destinationID: $0.id.destinationID))
            }
        }
    }

    /// Channels that have messages and will soon be without permits, and how many they want.
    func wantedPermits(now: ContinuousClock.Instant) -> [(channel: ChannelID, rate: Int)] {
        lock.withLock {
            channels.compactMap { id, queue in
                guard let rate = queue.callsPerSecond, queue.count > 0 else { return nil }
                let usable = queue.permits.count { $0 + Self.permitGrace >= now }
                return usable < max(1, rate / 20) ? (id, rate) : nil
            }
        }
    }

    func addPermits(_ moments: [ContinuousClock.Instant], to channel: ChannelID) {
        lock.withLock {
            channels[channel]?.permits.append(contentsOf: moments)
            wakeSlots()
        }
    }

    /// Sends nothing to a channel for a while, because its destination asked for that.
    func quieten(_ channel: ChannelID, until: ContinuousClock.Instant) {
        lock.withLock {
            let current = channels[channel]?.quietUntil
            channels[channel]?.quietUntil = max(current ?? until, until)
        }
    }

    // MARK: Settling

    /// Says that the keys of these are about to be blocked: from now on readings check keys.
    func willBlock(_ tickets: [Ticket]) {
        lock.withLock {
            for ticket in tickets {
                ticket.lane.hasBlockedKeys = true
                ticket.lane.blockedDuring[ticket.message.keyHash] = ticket.lane.readingNumber
            }
        }
    }

    /// Closes tickets whose keys the database has blocked, unless messages wait behind them that
    /// have not been `asked` about since: those are returned, to be moved first.
    ///
    /// A message that was read before the block was committed, and arrives after this, is caught by
    /// `blockedDuring`; an answer to `hold` from before it by `blockCount`.
    func settledBlocked(
        _ tickets: [Ticket], asked: Set<Claim>, now: ContinuousClock.Instant
    ) -> (open: [Ticket], waiting: [Ticket]) {
        lock.withLock {
            var open: [Ticket] = []
            var waiting: [Ticket] = []
            for ticket in tickets where lanes[ticket.lane.lease.id] === ticket.lane {
                let key = ticket.message.keyHash
                let unasked = (ticket.lane.chains[key]?.waiting ?? []).filter {
                    !asked.contains($0.claim)
                }
                guard unasked.isEmpty else {
                    open.append(ticket)
                    waiting += unasked
                    continue
                }
                ticket.lane.blockedDuring[key] = ticket.lane.readingNumber
                ticket.lane.blockCount[key, default: 0] += 1
                close(ticket, delivered: false, now: now)
            }
            wakeSlots()
            return (open, waiting)
        }
    }

    /// Closes tickets that have been settled, and lets the next one of each key go.
    func settled(_ tickets: [Ticket], delivered: Bool, now: ContinuousClock.Instant) {
        lock.withLock {
            for ticket in tickets where lanes[ticket.lane.lease.id] === ticket.lane {
                close(ticket, delivered: delivered, now: now)
            }
            wakeSlots()
        }
    }

    private func close(_ ticket: Ticket, delivered: Bool, now: ContinuousClock.Instant) {
        let lane = ticket.lane
        closeTicket(ticket)
        if delivered { lane.deliveredCount += 1 }
        if lane.isOnProbation {
            lane.isAloneBusy = false
            if let next = lane.aloneWaiting.popFirst() { push(next) }
        }
        lane.lastMessageAt = now
        let key = ticket.message.keyHash
        if let next = lane.chains[key]?.waiting.popFirst() {
            lane.chains[key]?.current = next.message.position
            push(next)
        } else {
            lane.chains[key] = nil
        }
    }

    /// How often each ticket's key has been blocked here; goes with the question to `hold`.
    func blockCounts(of tickets: [Ticket]) -> [Int] {
        lock.withLock { tickets.map { $0.lane.blockCount[$0.message.keyHash] ?? 0 } }
    }

    /// Closes tickets that were moved behind their key and lets the others of the list go, except
    /// those whose key was blocked since the question was put: they are returned, to be asked again.
    func held(_ tickets: [Ticket], moved: Set<Int64>, blockCounts: [Int]) -> [Ticket] {
        lock.withLock {
            var outdated: [Ticket] = []
            for (ticket, blockCount) in zip(tickets, blockCounts)
            where lanes[ticket.lane.lease.id] === ticket.lane {
                let key = ticket.message.keyHash
                let isMoved = moved.contains(ticket.message.position)
                if let chain = ticket.lane.chains[key],
                    chain.waiting.contains(where: { $0.message.position == ticket.message.position }
                    )
                {
                    guard isMoved else { continue }
                    ticket.lane.chains[key]?.waiting.removeAll {
                        $0.message.position == ticket.message.position
                    }
                    closeTicket(ticket)
                } else if isMoved {
                    closeTicket(ticket)
                } else if ticket.lane.blockCount[key] ?? 0 != blockCount {
                    outdated.append(ticket)
                } else {
                    enqueue(ticket)
                }
            }
            wakeSlots()
            return outdated
        }
    }

    private func closeTicket(_ ticket: Ticket) {
        ticket.lane.settledDuringGapRead?.insert(ticket.message.position)
        ticket.batch.openCount -= 1
        ticket.lane.openCount -= 1
        ticket.lane.trimBatches()
        openCount -= 1
    }

    /// Gives up the lanes of messages whose outcome cannot be recorded here any more. Whoever claims
    /// the lane next, this worker included, reads them again from the floor.
    func abandon(_ tickets: [Ticket]) {
        lock.withLock {
            for ticket in tickets where lanes[ticket.lane.lease.id] === ticket.lane {
                drop(ticket.lane.lease.id)
            }
        }
    }

    /// Whether the lane of a claim is still on the board under the same epoch.
    func holds(_ claim: Claim) -> Bool {
        lock.withLock { lanes[claim.lane]?.lease.epoch == claim.epoch }
    }

    func isHeld(_ ticket: Ticket, now: ContinuousClock.Instant) -> Bool {
        lock.withLock {
            lanes[ticket.lane.lease.id] === ticket.lane && ticket.lane.validUntil > now
        }
    }

    // MARK: Idle lanes

    /// Lanes without a message for a while, whose signals are to be taken back now.
    func idleLanes(now: ContinuousClock.Instant, linger: Duration) -> [LaneID] {
        lock.withLock {
            lanes.values.filter {
                $0.giveBack == .no && $0.openCount == 0 && $0.lastMessageAt + linger <= now
            }.map(\.lease.id)
        }
    }

    /// The signals of these lanes are gone, as of a moment before this snapshot. Returns those that
    /// are not idle after all and must be signalled again.
    func didClearSignals(_ ids: [LaneID], snapshot: Snapshot) -> [LaneID] {
        lock.withLock {
            ids.filter { id in
                guard let lane = lanes[id], lane.giveBack == .no, lane.openCount == 0 else {
                    return true
                }
                lane.giveBack = .quiescing(until: snapshot.nextToBegin)
                return false
            }
        }
    }

    /// Lanes proved empty by a reading in which every earlier transaction had ended.
    func takeQuiesced(oldestRunning: UInt64) -> [MessageQueue.LaneReport] {
        lock.withLock {
            let empty = lanes.values.filter { lane in
                guard case .quiescing(let until) = lane.giveBack else { return false }
                return lane.openCount == 0 && !lane.isBeingRead && lane.pendingGap == nil
                    && oldestRunning >= until
            }
            let reports = empty.map(report)
            for lane in empty { drop(lane.lease.id) }
            return reports
        }
    }
}

extension HeldLane {
    /// Adds a stretch behind the cursor to what must be read again.
    func widenGap(_ gap: LaneCursor.Gap) {
        pendingGap = LaneCursor.Gap(
            after: min(gap.after, pendingGap?.after ?? gap.after),
            through: max(gap.through, pendingGap?.through ?? gap.through))
    }
}
