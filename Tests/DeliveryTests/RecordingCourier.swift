import Delivery
import MessageQueue
import NIOConcurrencyHelpers

/// A courier that keeps a ledger: what began, what ended, in which order, and what overlapped.
final class RecordingCourier: Courier {
    struct Effect: Sendable, Equatable {
        let keyHash: Int64
        let messageID: Int64
    }

    private struct Ledger {
        var delivered: [Effect] = []
        var underWay: [Int64: Int64] = [:]
        var overlaps: [Effect] = []
        var attempts: [Int64: Int] = [:]
    }

    private let ledger = NIOLockedValueBox(Ledger())
    private let answer: @Sendable (Message, Int) async -> Outcome

    /// - Parameter answer: decides from the message and the number of this try.
    init(_ answer: @escaping @Sendable (Message, Int) async -> Outcome) {
        self.answer = answer
    }

    convenience init() {
        self.init { _, _ in .delivered(Receipt()) }
    }

    func deliver(_ parcel: Parcel) async -> Delivered {
        let message = parcel.message
        let attempt = ledger.withLockedValue { ledger in
            if ledger.underWay[message.keyHash] != nil {
                ledger.overlaps.append(
                    Effect(keyHash: message.keyHash, messageID: message.messageID))
            }
            ledger.underWay[message.keyHash] = message.messageID
            ledger.attempts[message.messageID, default: 0] += 1
            return ledger.attempts[message.messageID] ?? 1
        }
        let outcome = await answer(message, attempt)
        ledger.withLockedValue { ledger in
            ledger.underWay[message.keyHash] = nil
            if case .delivered = outcome {
                ledger.delivered.append(
                    Effect(keyHash: message.keyHash, messageID: message.messageID))
            }
        }
        return Delivered(outcome)
    }

    var delivered: [Effect] { ledger.withLockedValue { $0.delivered } }
    var overlaps: [Effect] { ledger.withLockedValue { $0.overlaps } }

    /// Keys whose messages were delivered in another order than they were accepted.
    var disorderedKeys: [Int64] {
        var last: [Int64: Int64] = [:]
        var disordered: [Int64] = []
        for effect in delivered {
            if let before = last[effect.keyHash], before > effect.messageID {
                disordered.append(effect.keyHash)
            }
            last[effect.keyHash] = effect.messageID
        }
        return disordered
    }
}
