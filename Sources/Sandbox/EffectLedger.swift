import Foundation
import NIOConcurrencyHelpers

/// Writes down every effect at both doubles at the moment it happens.
///
/// It is filled only where state changes, never where a response is made: an answer that was lost,
/// or replayed, leaves it as it is.
final class EffectLedger: Sendable {
    fileprivate struct State {
        var ledger = Ledger()
        var totals: [String: Int] = [:]
        var counts = EffectCounts()
    }

    private let state = NIOLockedValueBox(State())

    /// Appends an effect at Stripe; the ledger numbers it.
    func record(_ effect: StripeEffect) {
        state.withLockedValue { state in
            var effect = effect
            effect.sequence = state.ledger.stripe.count + 1
            state.ledger.stripe.append(effect)
            state.counts.stripe.add(
                kind: effect.kind.rawValue, intention: "\(effect.kind.rawValue) \(effect.intention)"
            )
            let index = state.index(of: effect)
            switch effect.kind {
            case .authorization:
                state.ledger.paymentIntents[index].authorizedAmount += effect.amount
            case .capture:
                state.ledger.paymentIntents[index].captureCount += 1
                state.ledger.paymentIntents[index].capturedAmount += effect.amount
            case .cancel: state.ledger.paymentIntents[index].cancelCount += 1
            case .refund:
                state.ledger.paymentIntents[index].refundCount += 1
                state.ledger.paymentIntents[index].refundedAmount += effect.amount
            }
        }
    }

    /// Appends an accepted write to an order. One that changed nothing is counted, not listed.
    func record(_ change: OrderChange) {
        state.withLockedValue { state in
            guard change.from != change.to else {
                state.counts.unchangedOrderWrites += 1
                return
            }
            var change = change
            change.sequence = state.ledger.commerceCloud.count + 1
            state.ledger.commerceCloud.append(change)
            state.counts.commerceCloud.add(
                kind: change.field,
                intention: "\(change.siteId)/\(change.orderNo) \(change.field)=\(change.to ?? "")")
        }
    }

    /// All effects so far.
    var snapshot: Ledger {
        state.withLockedValue { $0.ledger }
    }

    /// The counts for the summary.
    var counts: EffectCounts {
        state.withLockedValue { $0.counts }
    }
}

extension EffectLedger.State {
    fileprivate mutating func index(of effect: StripeEffect) -> Int {
        if let index = totals[effect.paymentIntent] { return index }
        totals[effect.paymentIntent] = ledger.paymentIntents.count
        ledger.paymentIntents.append(
            PaymentIntentTotals(
                id: effect.paymentIntent, account: effect.account, orderNo: effect.orderNo))
        return ledger.paymentIntents.count - 1
    }
}

/// Effects counted by kind and by business intention.
struct EffectCounts {
    struct Tally {
        private(set) var byKind: [String: Int] = [:]
        private(set) var maximum = 0
        private(set) var repeated: Set<String> = []
        private var byIntention: [String: Int] = [:]

        mutating func add(kind: String, intention: String) {
            byKind[kind, default: 0] += 1
            let count = byIntention[intention, default: 0] + 1
            byIntention[intention] = count
            maximum = max(maximum, count)
            if count > 1 { repeated.insert(intention) }
        }
    }

    var stripe = Tally()
    var commerceCloud = Tally()
    var unchangedOrderWrites = 0
}
