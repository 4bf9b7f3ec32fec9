/// The name of a type of event, such as `payment.capture.requested`.
///
/// Any name can be written; whether it means something is for the `Catalogue` to say.
package struct EventType: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    package var description: String { rawValue }
}
