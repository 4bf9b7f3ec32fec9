/// A merchant's SFCC instance as SCAPI addresses it.
package struct CommerceCloudInstance: Sendable {
    /// `https://{shortCode}.api.commercecloud.salesforce.com`, or a sandbox's.
    package let baseURL: String
    /// `f_ecom_zzrf_001`.
    package let organizationID: String
    package let tokens: AccountManagerTokens
    package let attributes: OrderAttributes

    package init(
        baseURL: String, organizationID: String, tokens: AccountManagerTokens,
        attributes: OrderAttributes = OrderAttributes()
    ) {
        self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        self.organizationID = organizationID
        self.tokens = tokens
        self.attributes = attributes
    }
}

/// The custom attributes of an order that Clearway writes. SCAPI takes no others.
///
/// The first two are installed by Stripe's cartridge; the last two must be defined in Business
/// Manager as strings, or refund facts are refused with 400.
package struct OrderAttributes: Sendable, Equatable {
    package var paymentIntent: String
    package var isInReview: String
    package var refund: String
    package var refundedAmount: String

    package init(
        paymentIntent: String = "c_stripePaymentIntentID",
        isInReview: String = "c_stripeIsPaymentIntentInReview",
        refund: String = "c_stripeRefundId", refundedAmount: String = "c_stripeRefundedAmount"
    ) {
        self.paymentIntent = paymentIntent
        self.isInReview = isInReview
        self.refund = refund
        self.refundedAmount = refundedAmount
    }
}
