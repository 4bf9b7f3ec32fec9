import DequeModule
import Logging
import MessageQueue
import NIOConcurrencyHelpers

/// Records what became of messages, many at a time, and only then lets their successors go.
///
/// An outcome that could not be recorded is kept and tried again for as long as the lease lasts.
/// When the lease is lost it is dropped: the message belongs to somebody else, who will find the
/// stored request, and the effect behind its key.
///
/// `@unchecked Sendable`: `waiting` and `waiter` are used only with `lock` held.
final class Settler: @unchecked Sendable {
    struct Item {
        let ticket: Ticket
        let delivered: Delivered
        let duration: Duration
    }

    private let lock = NIOLock()
    private var waiting: [Item] = []
    private var waiter: CheckedContinuation<Void, Never>?
    private var isClosing = false

    private let queue: MessageQueue
    private let board: LaneBoard
    private let settings: WorkerSettings
    private let types: EventTypes
    private let logger: Logger

    init(
        queue: MessageQueue, board: LaneBoard, settings: WorkerSettings, types: EventTypes,
        logger: Logger
    ) {
        self.queue = queue
        self.board = board
        self.settings = settings
        self.types = types
        self.logger = logger
    }

    func settle(_ item: Item) {
        let resumed: CheckedContinuation<Void, Never>? = lock.withLock {
            waiting.append(item)
            defer { waiter = nil }
            return waiter
        }
        resumed?.resume()
    }

    /// Lets `run` return once everything given to it has been recorded.
    func finish() {
        let resumed: CheckedContinuation<Void, Never>? = lock.withLock {
            isClosing = true
            defer { waiter = nil }
            return waiter
        }
        resumed?.resume()
    }

    func run() async {
        while true {
            await waitForWork()
            let count = lock.withLock { waiting.count }
            if count == 0, lock.withLock({ isClosing }) { return }
            if count < settings.settleBatch / 2, count < board.openMessageCount {
                // Cancellation ends the wait early, never the work: what is done gets recorded.
                try? await Task.sleep(for: settings.settleDelay)
            }
            await runOnce()
        }
    }

    private func waitForWork() async {
        await withCheckedContinuation { continuation in
            let resumesNow = lock.withLock {
                guard waiting.isEmpty, !isClosing else { return true }
                waiter = continuation
                return false
            }
            if resumesNow { continuation.resume() }
        }
    }

    /// Records one batch.
    func runOnce() async {
        let items: [Item] = lock.withLock {
            let taken = Array(waiting.prefix(settings.settleBatch))
            waiting.removeFirst(taken.count)
            return taken
        }
        var completed: [Item] = []
        var postponed: [Item] = []
        var buried: [Item] = []
        for item in items {
            guard !item.delivered.isAbandoned else {
                board.abandon([item.ticket])
                continue
            }
            switch judged(item) {
            case .delivered: completed.append(item)
            case .dead: buried.append(item)
            default: postponed.append(item)
            }
        }
        if !completed.isEmpty { await complete(completed) }
        if !postponed.isEmpty { await postpone(postponed) }
        if !buried.isEmpty { await bury(buried) }
    }

    /// The outcome after the attempt limit of the message's type.
    private func judged(_ item: Item) -> Outcome {
        let isLast =
            item.ticket.message.attemptCount + 1 >= types[item.ticket.message.typeID].attemptLimit
        switch item.delivered.outcome {
        case .retry(var failure) where isLast, .unknown(var failure) where isLast:
            failure.message =
                "gave up after \(item.ticket.message.attemptCount + 1) attempts: "
                + failure.message
            return .dead(failure)
        case let outcome: return outcome
        }
    }

    private func complete(_ items: [Item]) async {
        let completions = items.map { item in
            var completion = MessageQueue.Completion(
                claim: item.ticket.claim, messageID: item.ticket.message.messageID,
                keyHash: item.ticket.message.keyHash,
                durationMicroseconds: Int32(clamping: item.duration.microseconds),
                hasIntent: item.delivered.hasIntent,
                advancesKey: item.ticket.message.throughID == item.ticket.message.messageID)
            if case .delivered(let receipt) = item.delivered.outcome {
                completion.httpStatus = receipt.httpStatus.map { Int16(clamping: $0) }
                completion.requestID = receipt.requestID
                completion.objectID = receipt.objectID
            }
            return completion
        }
        let isRecorded = await persist(items.map(\.ticket)) {
            do {
                _ = try await self.queue.complete(completions)
            } catch is LeaseLost {
                for completion in completions where self.board.holds(completion.claim) {
                    _ = try await self.queue.complete([completion])
                }
            }
        }
        board.settled(items.map(\.ticket), delivered: isRecorded, now: .now)
    }

    private func postpone(_ items: [Item]) async {
        var generator = SystemRandomNumberGenerator()
        let postponements = items.map { item in
            postponement(of: item, using: &generator)
        }
        let tickets = items.map(\.ticket)
        board.willBlock(tickets)
        _ = await persist(tickets) { _ = try await self.queue.postpone(postponements) }
        await closeBlocked(tickets)
    }

    /// Closes tickets whose keys are blocked now, once nothing is left behind them here.
    ///
    /// What waits behind them is moved only after the block is committed, and asked about until a
    /// look under the board's lock finds nobody new: a message may arrive at any time in between,
    /// and must not go before the one it follows (guarantee 4).
    private func closeBlocked(_ tickets: [Ticket]) async {
        var open = tickets
        var asked: Set<Claim> = []
        while true {
            let result = board.settledBlocked(open, asked: asked, now: .now)
            guard !result.waiting.isEmpty else { return }
            open = result.open
            asked.formUnion(result.waiting.map(\.claim))
            await holdPersistently(result.waiting)
        }
    }

    private func postponement(
        of item: Item, using generator: inout SystemRandomNumberGenerator
    ) -> MessageQueue.Postponement {
        let attempt = item.ticket.message.attemptCount + 1
        let backoff = settings.retry.delay(afterAttempt: attempt, using: &generator)
        var delay = backoff
        var isUnknown = false
        var isCounted = true
        let failure: Failure
        switch item.delivered.outcome {
        case .throttled(let reason, let retryAfter):
            failure = reason
            delay = max(backoff, retryAfter ?? .zero)
            isCounted = false
        case .unknown(let reason):
            failure = reason
            isUnknown = true
        case .channelDown(let reason):
            failure = reason
            delay = .seconds(10) + backoff
            isCounted = false
        case .deferred(let reason, let until):
            failure = reason
            delay = until
            isCounted = false
        case .retry(let reason), .dead(let reason):
            failure = reason
        case .delivered:
            preconditionFailure("a delivered message is not postponed")
        }
        return MessageQueue.Postponement(
            claim: item.ticket.claim, delay: delay, isUnknown: isUnknown, isCounted: isCounted,
            durationMicroseconds: Int32(clamping: item.duration.microseconds), code: failure.code,
            errorMessage: failure.message,
            httpStatus: failure.httpStatus.map { Int16(clamping: $0) },
            requestID: failure.requestID)
    }

    private func bury(_ items: [Item]) async {
        var burials: [MessageQueue.Burial] = []
        for item in items {
            guard case .dead(let failure) = judged(item) else { continue }
            burials.append(
                MessageQueue.Burial(
                    claim: item.ticket.claim,
                    durationMicroseconds: Int32(clamping: item.duration.microseconds),
                    cause: failure.cause.rawValue, code: failure.code,
                    errorMessage: failure.message, pointer: failure.pointer,
                    httpStatus: failure.httpStatus.map { Int16(clamping: $0) },
                    requestID: failure.requestID))
        }
        let holding = items.filter { types[$0.ticket.message.typeID].holdsSuccessors }
        board.willBlock(holding.map(\.ticket))
        _ = await persist(items.map(\.ticket)) { _ = try await self.queue.bury(burials) }
        for item in items {
            logger.warning(
                "message is dead",
                metadata: [
                    "message_id": "\(item.ticket.message.messageID)",
                    "outcome": "\(item.delivered.outcome)",
                ])
        }
        await closeBlocked(holding.map(\.ticket))
        let others = items.filter { !types[$0.ticket.message.typeID].holdsSuccessors }
        board.settled(others.map(\.ticket), delivered: false, now: .now)
    }

    /// Moves messages behind their blocked keys, however long the database takes to come back.
    func holdPersistently(_ tickets: [Ticket]) async {
        var remaining = tickets
        while !remaining.isEmpty {
            let asked = remaining
            let blockCounts = board.blockCounts(of: asked)
            var moved: Set<Int64> = []
            do {
                moved = try await queue.hold(asked.map(\.claim))
            } catch {
                // Which of them were moved is not known, and asking again would not tell: those
                // moved the first time look free. The lanes are read anew instead.
                logger.error(
                    "lanes given up: messages may have been moved",
                    metadata: ["count": "\(asked.count)", "error": "\(error)"])
                board.abandon(asked)
                return
            }
            remaining = board.held(asked, moved: moved, blockCounts: blockCounts)
        }
    }

    /// Runs a recording until it succeeds or the lanes are lost. A recording may be repeated: what
    /// was done the first time is not there to be done again.
    private func persist(
        _ tickets: [Ticket], _ record: () async throws -> Void
    ) async -> Bool {
        var pause = Duration.milliseconds(20)
        while true {
            do {
                try await record()
                return true
            } catch {
                logger.error(
                    "outcomes not recorded yet",
                    metadata: ["count": "\(tickets.count)", "error": "\(error)"])
                guard tickets.contains(where: { board.isHeld($0, now: .now) }) else {
                    board.abandon(tickets)
                    return false
                }
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(2))
            }
        }
    }
}
