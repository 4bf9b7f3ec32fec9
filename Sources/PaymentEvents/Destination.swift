/// A system that messages are delivered to.
package enum Destination: String, Sendable, Hashable, CaseIterable, Codable {
    case stripe
    case commerceCloud = "commerce_cloud"
    case finance
}
