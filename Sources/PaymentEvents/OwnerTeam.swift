/// The team that must act on a dead letter.
///
/// A name rather than a closed list: merchants have their own teams. These are the defaults.
package struct OwnerTeam: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package static let checkout = OwnerTeam(rawValue: "checkout")
    package static let paymentsOperations = OwnerTeam(rawValue: "payments_ops")
    package static let orderManagement = OwnerTeam(rawValue: "oms")
    package static let customerService = OwnerTeam(rawValue: "customer_service")
    package static let financeOperations = OwnerTeam(rawValue: "finance_ops")
    package static let treasury = OwnerTeam(rawValue: "treasury")
    package static let disputes = OwnerTeam(rawValue: "disputes")
    package static let fraud = OwnerTeam(rawValue: "fraud")
    package static let integration = OwnerTeam(rawValue: "integration")

    package var description: String { rawValue }
}
