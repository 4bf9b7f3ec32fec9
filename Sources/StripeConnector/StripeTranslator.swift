import Foundation
package import PaymentEvents

/// What became of a webhook.
package enum StripeTranslation: Sendable, Hashable {
    /// A canonical fact to enqueue.
    case event(PaymentEvent)
    /// Nothing to do, and why. Answer 2xx.
    case ignored(reason: String)
    /// Clearway should act on it and cannot: an owner must see it.
    case refused([ContractViolation])
}

/// A webhook as it was read, with what identifies it even when it is refused.
package struct StripeNotification: Sendable, Hashable {
    /// `evt_…`; `nil` when it cannot be read. Unique within an account.
    package var eventID: String?
    /// `payment_intent.succeeded`, …
    package var type: String?
    package var isLive: Bool?
    package var translation: StripeTranslation
}

/// Translates Stripe's snapshot events to canonical facts, by the rules of `StripeMapping`.
///
/// It reads API versions from 2017 on: it needs only fields that have kept their names, takes an id
/// whether expanded or not, and never fails on more or fewer members. Any bytes give a result.
///
/// The idempotency key of a fact is the state of its object (`EventDefinition.factKey`), so twins
/// and duplicates become one fact however often Stripe sends them, and each amount is cumulative, so
/// that a late snapshot adds nothing.
package struct StripeTranslator: Sendable {
    private let tenant: String
    private let account: String
    private let isLive: Bool?

    /// `isLive` refuses events of the other mode; `nil` takes both.
    package init(tenant: String, account: String, isLive: Bool? = nil) {
        self.tenant = tenant
        self.account = account
        self.isLive = isLive
    }

    /// Reads one webhook's body, whose signature has been verified.
    package func translate(
        _ body: [UInt8], defaults: EventDefaults = EventDefaults()
    ) -> StripeNotification {
        let document: JSONValue
        do throws(ContractViolation) {
            document = try JSONValue(parsing: body)
        } catch {
            return StripeNotification(translation: .refused([error]))
        }
        return StripeNotification(
            eventID: document["id"]?.stringValue, type: document["type"]?.stringValue,
            isLive: document["livemode"]?.boolValue,
            translation: translation(of: document, defaults: defaults))
    }

    private func translation(
        of document: JSONValue, defaults: EventDefaults
    ) -> StripeTranslation {
        guard case .object = document else {
            return refused([], .valueType, "a webhook must be an object")
        }
        switch document["object"]?.stringValue {
        case "event": break
        case "v2.core.event":
            return .ignored(reason: "thin events carry no object; subscribe to snapshot events")
        default:
            return refused(["object"], .oneOf, "must be event: this is not a snapshot event")
        }
        guard let type = document["type"]?.stringValue else {
            return refused(["type"], .required, "every event of Stripe's has a type")
        }
        if let sender = document["account"]?.stringValue, sender != account {
            return refused(
                ["account"], .tenantMismatch, "must be \(account), the account of this endpoint")
        }
        if let isLive, let sent = document["livemode"]?.boolValue, sent != isLive {
            return refused(
                ["livemode"], .tenantMismatch, "live and test events must not mix: set to \(isLive)"
            )
        }
        guard let rules = StripeMapping.rules[type] else {
            return .ignored(reason: StripeMapping.ignored[type] ?? "no rule maps \(type)")
        }
        guard let object = document["data"]?["object"], case .object = object else {
            return refused(["data", "object"], .required, "a snapshot event carries its object")
        }
        var reasons: [String] = []
        for rule in rules {
            guard let reason = rule.mismatch(object) else {
                return fact(by: rule, of: object, in: document, defaults: defaults)
            }
            reasons.append(reason)
        }
        return .ignored(reason: reasons.joined(separator: "; "))
    }

    private func fact(
        by rule: StripeMapping, of object: JSONValue, in document: JSONValue,
        defaults: EventDefaults
    ) -> StripeTranslation {
        var reader = StripeObjectReader(object)
        let objectID = reader.text("id")
        let money = reader.money(rule.amount)
        var ids: [String: String] = [:]
        ids["order_no"] = reader.text("metadata", "order_id")
        ids["site_id"] = reader.text("metadata", "site_id")
        for (name, fields) in rule.ids {
            ids[name.rawValue] = fields.lazy.compactMap { object.stripeID(at: $0) }.first
        }
        var data: [String: JSONValue] = [:]
        for (name, field) in rule.totals {
            data[name] = reader.integer(field).map(JSONValue.int)
        }
        data["livemode"] = document["livemode"].flatMap(\.boolValue).map(JSONValue.bool)
        if rule.type == .authorizationSucceeded, object.stripeID(at: "/review") != nil,
            object["review"]?["open"]?.boolValue != false
        {
            data["is_on_hold"] = true
        }
        guard let created = document["created"]?.intValue, created > 0, created < 9_000_000_000
        else {
            return refused(["created"], .required, "must be a time in seconds since 1970")
        }
        guard reader.violations.isEmpty, let definition = Catalogue.standard[rule.type] else {
            return .refused(reader.violations)
        }
        do throws(ContractViolation) {
            let key = try definition.factKey(
                account: account, objectID: objectID ?? "", state: object.objectValue ?? [:])
            return checked(
                EventDraft(
                    type: rule.type, tenant: tenant, source: "stripe:\(account)",
                    idempotencyKey: key.rawValue,
                    occurredAt: Date(timeIntervalSince1970: TimeInterval(created)),
                    causationID: document["id"]?.stringValue, money: money, ids: ids, data: data),
                defaults: defaults)
        } catch {
            return .refused([error])
        }
    }

    private func checked(_ draft: EventDraft, defaults: EventDefaults) -> StripeTranslation {
        do throws(EventRejection) {
            return .event(try PaymentEvent(draft, defaults: defaults))
        } catch {
            return .refused(error.violations)
        }
    }

    private func refused(
        _ tokens: [String], _ rule: ContractViolation.Rule, _ reason: String
    ) -> StripeTranslation {
        .refused([
            ContractViolation(pointer: JSONPointer(tokens: tokens), rule: rule, reason: reason)
        ])
    }
}
