import Foundation
import NIOConcurrencyHelpers

/// All Event objects of the Stripe double, in the order in which they happened.
final class StripeEventLog: Sendable {
    /// A page of `GET /v1/events`, newest first.
    struct Page {
        var events: [StripeEvent]
        var hasMore: Bool
    }

    /// The filters of `GET /v1/events`.
    struct Filter {
        var types: Set<String> = []
        var created: ClosedRange<Double> = -Double.infinity...Double.infinity
        var deliverySuccess: Bool?

        func matches(_ event: StripeEvent) -> Bool {
            if !types.isEmpty, !types.contains(event.type) { return false }
            if !created.contains(event.created.timeIntervalSince1970.rounded(.down)) {
                return false
            }
            let isOpen = event.progress == .pending || event.progress == .lost
            return deliverySuccess.map { $0 != isOpen } ?? true
        }
    }

    private struct State {
        var events: [StripeEvent] = []
        var positions: [String: Int] = [:]
    }

    private let state = NIOLockedValueBox(State())

    /// Appends an event and returns its position.
    func append(_ event: StripeEvent) -> Int {
        state.withLockedValue { state in
            state.positions[event.id] = state.events.count
            state.events.append(event)
            return state.events.count - 1
        }
    }

    func event(at position: Int) -> StripeEvent {
        state.withLockedValue { $0.events[position] }
    }

    /// Notes a 2xx; true the first time.
    func markDelivered(at position: Int) -> Bool {
        state.withLockedValue { state in
            defer { state.events[position].progress = .delivered }
            return state.events[position].progress != .delivered
        }
    }

    /// One event of an account by its id.
    func find(_ id: String, account: String) -> StripeEvent? {
        state.withLockedValue { state in
            guard let position = state.positions[id], state.events[position].account == account
            else { return nil }
            return state.events[position]
        }
    }

    /// A page of an account's events after (that is, older than) `startingAfter`.
    func page(
        account: String, filter: Filter, limit: Int, startingAfter: String?, endingBefore: String?
    ) -> Page {
        state.withLockedValue { state in
            let newest = startingAfter.flatMap { state.positions[$0] } ?? state.events.count
            let oldest = endingBefore.flatMap { state.positions[$0] }.map { $0 + 1 } ?? 0
            var page = Page(events: [], hasMore: false)
            for position in (min(oldest, newest)..<newest).reversed() {
                let event = state.events[position]
                guard event.account == account, filter.matches(event) else { continue }
                if page.events.count == limit {
                    page.hasMore = true
                    break
                }
                page.events.append(event)
            }
            return page
        }
    }
}
