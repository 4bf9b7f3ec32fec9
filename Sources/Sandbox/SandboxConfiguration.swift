package import Foundation

/// Everything about a sandbox that is fixed when it starts. The standard values suit the demo.
package struct SandboxConfiguration: Sendable {
    /// A merchant's account at the Stripe double.
    package struct StripeAccount: Sendable {
        package var id: String
        /// `sk_test_…`; live keys are refused.
        package var secretKey: String
        /// Accepted calls per second; `nil` is without limit. Stripe: 100 live, 25 in a sandbox.
        package var requestsPerSecond: Int?

        package init(id: String, secretKey: String, requestsPerSecond: Int? = nil) {
            self.id = id
            self.secretKey = secretKey
            self.requestsPerSecond = requestsPerSecond
        }
    }

    /// The SFCC double: one organization, one Account Manager client.
    package struct CommerceCloud: Sendable {
        package var clientID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
        package var clientSecret = "sandbox-secret"
        /// Realm and instance, as in the scope `SALESFORCE_COMMERCE_API:zzrf_001`.
        package var tenant = "zzrf_001"
        /// The path's `{organizationId}`.
        package var organization: String { "f_ecom_" + tenant }
        package var tokenLifetime: TimeInterval = 1799
        package var sites = ["RefArch", "RefArchGlobal"]
        /// The `c_*` attributes of orders that every site starts with (the official cartridge's).
        package var attributes: Set<String> = [
            "c_stripeIsPaymentIntentInReview", "c_stripePaymentSourceID",
            "c_stripePaymentIntentID", "c_stripeRiskLevel", "c_stripeRiskScore",
        ]
        /// Accepted calls per second; `nil` is without limit.
        package var requestsPerSecond: Int?

        package init() {}
    }

    /// Loopback, so that nothing outside this machine can take the doubles for the real thing.
    package var host = "127.0.0.1"
    /// 0 lets the system choose.
    package var port = 0
    package var seed: UInt64 = 1
    package var accounts = [
        StripeAccount(id: "acct_1SandboxUS", secretKey: "sk_test_sandbox_us"),
        StripeAccount(id: "acct_1SandboxEU", secretKey: "sk_test_sandbox_eu"),
    ]
    package var stripeAPIVersion = "2026-10-28.endive"
    /// How long a manual authorization can be captured.
    package var authorizationLifetime: TimeInterval = 7 * 24 * 60 * 60
    package var commerceCloud = CommerceCloud()

    package init() {}
}
