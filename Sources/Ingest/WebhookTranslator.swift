package import Foundation
package import PaymentEvents
import StripeConnector

/// Verifies and translates the webhooks of one account.
package protocol WebhookTranslator: Sendable {
    /// Throws unless the body was signed by the sender, within the tolerance.
    func verify(header: String?, body: [UInt8], now: Date) throws(SignatureError)

    /// Reads a verified body.
    func translate(_ body: [UInt8]) -> WebhookContent
}

/// What a webhook means to the queue.
package enum WebhookContent: Sendable {
    case events([PaymentEvent])
    /// Nothing to do, and why.
    case ignored(reason: String)
    /// It should have been an event and cannot be: an owner must see it.
    case refused([ContractViolation])
}

/// Stripe's webhooks of one account.
package struct StripeWebhooks: WebhookTranslator {
    private let translator: StripeTranslator
    private let secrets: @Sendable () -> [String]

    package init(tenant: String, account: String, secrets: @escaping @Sendable () -> [String]) {
        translator = StripeTranslator(tenant: tenant, account: account)
        self.secrets = secrets
    }

    package func verify(header: String?, body: [UInt8], now: Date) throws(SignatureError) {
        do throws(StripeSignatureError) {
            try StripeSignature.verify(header: header, body: body, secrets: secrets(), now: now)
        } catch {
            switch error {
            case .expired(let seconds): throw .expired(seconds: seconds)
            case .inFuture(let seconds): throw .inFuture(seconds: seconds)
            default: throw .invalid(error.description)
            }
        }
    }

    package func translate(_ body: [UInt8]) -> WebhookContent {
        switch translator.translate(body).translation {
        case .event(let event): .events([event])
        case .ignored(let reason): .ignored(reason: reason)
        case .refused(let violations): .refused(violations)
        }
    }
}
