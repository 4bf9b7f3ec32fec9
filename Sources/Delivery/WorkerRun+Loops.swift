import Foundation
import Logging
import MessageQueue

extension WorkerRun {
    private var isStopping: Bool { isDraining || Task.isCancelled }

    // Claiming

    func claimLoop() async {
        var nextReport = ContinuousClock.now
        while !isStopping {
            do {
                try await claimOnce()
                if ContinuousClock.now >= nextReport {
                    try await shareOnce()
                    nextReport = .now + .seconds(1)
                }
            } catch {
                note("could not claim", error)
            }
            await wake.wait(atMost: jittered(settings.idleInterval))
        }
    }

    /// Leases the lanes that want a holder.
    func claimOnce() async throws {
        let room = settings.lanesMax - board.heldCount
        guard room > 0 else { return }
        let askedAt = ContinuousClock.now
        let leases = try await queue.claimLanes(
            worker: id, lease: settings.lease, limit: room, afterSignal: 0,
            destinations: destinations)
        guard !leases.isEmpty else { return }
        if !board.knowsChannels(of: leases) { try await readBudgets() }
        guard board.add(leases, validUntil: askedAt + settings.lease) else {
            // Draining began while the claim was under way.
            let reports = leases.map {
                MessageQueue.LaneReport(
                    id: $0.id, epoch: $0.epoch, floorPosition: $0.floorPosition, inFlightCount: 0,
                    isHealthy: false)
            }
            try await queue.signalLanes(reports.map(\.id))
            _ = try await queue.releaseLanes(reports, worker: id)
            return
        }
        for lease in leases where lease.crashCount > 0 {
            logger.warning(
                "took over a lost lane",
                metadata: ["lane": "\(lease.id)", "crashes": "\(lease.crashCount)"])
        }
        readWake.signal()
    }

    /// Reads the budgets of all channels; a change is followed within a second.
    func readBudgets() async throws {
        var limits: [LaneBoard.ChannelID: Int?] = [:]
        for channel in try await queue.channels() {
            let id = LaneBoard.ChannelID(
                tenantID: channel.tenantID, destinationID: channel.destinationID)
            limits.updateValue(channel.callsPerSecond, forKey: id)
        }
        board.setLimits(limits)
    }

    /// Hands lanes over when others have fewer than their share, and says so when we have.
    func shareOnce() async throws {
        _ = try await queue.signalLostLanes()
        let held = board.heldCount
        var shares = try await queue.workerShares(within: settings.lease)
        let isHungry =
            shares.heldLaneCount > held
            && held < shares.heldLaneCount / max(1, shares.workerCount + (held == 0 ? 1 : 0))
        guard held > 0 || isHungry else { return }
        try await readBudgets()
        shares = try await queue.reportWorker(
            id, name: name, laneCount: held, isHungry: isHungry, within: settings.lease)
        if !isHungry, shares.hungryCount > 0 {
            let share = (shares.heldLaneCount + shares.workerCount - 1) / max(1, shares.workerCount)
            board.giveUp(keeping: share)
        }
    }

    // Reading

    func readLoop() async {
        while !isStopping {
            let pause: Duration
            do {
                pause = try await readOnce()
            } catch {
                note("could not read", error)
                pause = .milliseconds(200)
            }
            if pause > .zero { await readWake.wait(atMost: pause) }
        }
    }

    /// Looks at all held lanes once; returns how long to wait before the next look.
    func readOnce() async throws -> Duration {
        guard board.heldCount > 0 else { return .seconds(1) }
        guard board.openMessageCount * 4 <= settings.openMax * 3,
            let plan = board.nextReading(
                now: .now, quota: settings.readQuota, gapInterval: .milliseconds(20))
        else { return .milliseconds(1) }
        let reading: MessageQueue.Reading
        do {
            reading = try await queue.fetchMessages(plan.stretches, checksKeys: plan.checksKeys)
        } catch {
            board.readingFailed(plan)
            throw error
        }
        let received = board.received(reading, for: plan, now: .now)
        if !received.toHold.isEmpty { await settler.holdPersistently(received.toHold) }
        if !received.toSignal.isEmpty { try await queue.signalLanes(received.toSignal) }
        let empty = board.takeQuiesced(oldestRunning: reading.snapshot.oldestRunning)
        if !empty.isEmpty { _ = try await queue.releaseLanes(empty, worker: id) }
        return received.newCount > 0 ? .zero : settings.pollInterval
    }

    // Renewing

    func renewLoop() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: jittered(settings.lease / 4))
            do {
                try await renewOnce()
            } catch {
                note("could not renew leases", error)
            }
            let dropped = board.dropExpired(now: .now)
            if !dropped.isEmpty {
                logger.error("leases ran out", metadata: ["lanes": "\(dropped.count)"])
            }
        }
    }

    func renewOnce() async throws {
        let reports = board.reports()
        guard !reports.isEmpty else { return }
        let askedAt = ContinuousClock.now
        let kept = try await queue.renewLanes(reports, worker: id, lease: settings.lease)
        let lost = board.didRenew(reports, kept: kept, validUntil: askedAt + settings.lease)
        if !lost.isEmpty {
            logger.warning("lanes were taken over", metadata: ["lanes": "\(lost.count)"])
        }
    }

    // Permits

    func permitLoop() async {
        while !isStopping {
            do {
                try await reserveOnce()
            } catch {
                note("could not reserve calls", error)
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Reserves calls for channels that have messages, a tenth of a second's worth at a time.
    func reserveOnce() async throws {
        let wanted = board.wantedPermits(now: .now)
        for (channel, rate) in wanted {
            let count = max(1, rate / 10)
            guard
                let reservation = try await queue.reserveBudget(
                    tenantID: channel.tenantID, destinationID: channel.destinationID, count: count,
                    horizon: .milliseconds(200))
            else { continue }
            let first = ContinuousClock.now + reservation.firstIn
            board.addPermits(
                (0..<count).map { first + reservation.spacing * $0 }, to: channel)
        }
        board.wake()
    }

    // Upkeep

    func upkeepLoop() async {
        var nextPromotion = ContinuousClock.now
        var nextFold = ContinuousClock.now
        var nextPartitions = ContinuousClock.now + .seconds(3600)
        var nextNet = ContinuousClock.now + jittered(.seconds(30))
        while !isStopping {
            do {
                try await releaseOnce()
                if ContinuousClock.now >= nextPromotion {
                    let count = try await queue.promoteDue()
                    if count > 0 { wake.signal() }
                    let isBusy = count > 0 || board.heldCount > 0
                    nextPromotion = .now + jittered(.milliseconds(isBusy ? 100 : 1000))
                }
                if ContinuousClock.now >= nextFold {
                    try await queue.foldTally()
                    nextFold = .now + jittered(.seconds(1))
                }
                if ContinuousClock.now >= nextNet {
                    let forgotten = try await queue.signalForgottenLanes()
                    if forgotten > 0 {
                        logger.error("lanes were forgotten", metadata: ["lanes": "\(forgotten)"])
                        wake.signal()
                    }
                    nextNet = .now + jittered(.seconds(30))
                }
                if ContinuousClock.now >= nextPartitions {
                    try await queue.ensurePartitions()
                    nextPartitions = .now + .seconds(3600)
                }
            } catch {
                note("upkeep failed", error)
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Gives back lanes that were handed over, and begins to give back idle ones.
    func releaseOnce() async throws {
        let handedOver = board.takeReleasable()
        if !handedOver.isEmpty {
            try await queue.signalLanes(handedOver.map(\.id))
            _ = try await queue.releaseLanes(handedOver, worker: id)
        }
        let idle = board.idleLanes(now: .now, linger: settings.linger)
        guard !idle.isEmpty else { return }
        try await queue.clearSignals(idle)
        let busy = board.didClearSignals(idle, snapshot: try await queue.currentSnapshot())
        if !busy.isEmpty { try await queue.signalLanes(busy) }
        readWake.signal()
    }

    /// Returns the remaining leases at the end, so that nobody has to wait for them to run out.
    func giveEverythingBack() async {
        let reports = board.takeAll()
        do {
            if !reports.isEmpty {
                try await queue.signalLanes(reports.map(\.id))
                _ = try await queue.releaseLanes(reports, worker: id)
            }
            try await queue.forgetWorker(id)
        } catch {
            note("could not give leases back; they run out by themselves", error)
        }
    }

    // Slots

    func slotLoop(_ destination: Int16) async {
        while let (ticket, at) = await board.next(destinationID: destination) {
            if let at, at > .now { try? await Task.sleep(until: at, clock: .continuous) }
            guard board.isHeld(ticket, now: .now) else {
                board.abandon([ticket])
                continue
            }
            let startedAt = ContinuousClock.now
            let delivered = await CallBudget.$current.withValue(callBudget(for: ticket, at)) {
                await deliver(ticket)
            }
            quieten(ticket, after: delivered.outcome)
            settler.settle(
                Settler.Item(
                    ticket: ticket, delivered: delivered, duration: .now - startedAt))
        }
    }

    /// What the calls of one delivery draw on; the first has its permit already.
    private func callBudget(
        for ticket: Ticket, _ permit: ContinuousClock.Instant?
    ) -> CallBudget? {
        guard permit != nil else { return nil }
        let id = ticket.lane.lease.id
        return CallBudget { [queue] in
            try? await queue.reserveBudget(
                tenantID: id.tenantID, destinationID: id.destinationID, count: 1,
                horizon: .seconds(5)
            )?.firstIn
        }
    }

    private func deliver(_ ticket: Ticket) async -> Delivered {
        let lease = ticket.lane.lease
        let parcel = Parcel(message: ticket.message, lane: lease.id, epoch: lease.epoch)
        guard ticket.lane.isOnProbation else { return await courier.deliver(parcel) }
        do {
            let crashes = try await queue.markSuspect(
                ticket.message.messageID, lane: lease.id, epoch: lease.epoch, worker: id)
            guard let crashes else {
                return Delivered(.deferred(.leaseLost, until: .zero), isAbandoned: true)
            }
            if crashes >= HeldLane.poisonCrashCount {
                return Delivered(.dead(.poison(crashes: crashes)))
            }
        } catch {
            return Delivered(
                .deferred(
                    Failure(
                        cause: .providerDown, code: "suspect_not_marked", message: "\(error)"),
                    until: .seconds(1)))
        }
        return await courier.deliver(parcel)
    }

    /// Lets a channel rest after its destination refused to serve it.
    private func quieten(_ ticket: Ticket, after outcome: Outcome) {
        let rest: Duration
        switch outcome {
        case .throttled(_, let retryAfter):
            rest = min(retryAfter ?? .milliseconds(500), .seconds(60))
        case .channelDown: rest = .seconds(5)
        default: return
        }
        let id = ticket.lane.lease.id
        board.quieten(
            LaneBoard.ChannelID(tenantID: id.tenantID, destinationID: id.destinationID),
            until: .now + rest)
    }

    // Small things

    private func note(_ what: String, _ error: any Error) {
        guard !Task.isCancelled else { return }
        logger.error("\(what)", metadata: ["error": "\(error)"])
    }

    private func jittered(_ duration: Duration) -> Duration {
        duration * Double.random(in: 0.9...1.1)
    }
}

extension Failure {
    static let leaseLost = Failure(
        cause: .codeDefect, code: "lease_lost",
        message: "the lane was claimed by another worker")

    static let deadlinePassed = Failure(
        cause: .expired, code: "deadline_passed",
        message: "the deadline passed and nothing has taken effect")

    static func poison(crashes: Int) -> Failure {
        Failure(
            cause: .poisonCrash, code: "poison_crash",
            message: "its worker died \(crashes) times while this message was delivered alone")
    }
}
