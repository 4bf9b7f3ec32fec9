/// A merchant's account at Stripe and how to sign in to it.
///
/// Printing it shows the account's id and never the key.
package struct StripeAccount: Sendable, CustomStringConvertible {
    /// `acct_…`; part of every idempotency key.
    package let id: String
    /// `live`, `test` or `sandbox`; part of every idempotency key, so that modes never share one.
    package let environment: String
    /// Read for every call, so that a rolled key takes effect at once. `nil` when there is none.
    package let secretKey: @Sendable () -> String?

    package init(
        id: String, environment: String, secretKey: @escaping @Sendable () -> String?
    ) {
        self.id = id
        self.environment = environment
        self.secretKey = secretKey
    }

    package var description: String { "\(id) (\(environment))" }
}
