/// The types of event that Clearway knows.
///
/// To add a type, write its `EventDefinition` in the file of its flow and list it there; nothing
/// else in this target changes.
package struct Catalogue: Sendable {
    private let definitionsByType: [EventType: EventDefinition]

    /// Traps on two definitions of one type, which is a mistake in the program.
    package init(_ definitions: [EventDefinition]) {
        definitionsByType = Dictionary(
            definitions.map { ($0.type, $0) },
            uniquingKeysWith: { first, _ in
                preconditionFailure("the catalogue defines \(first.type) twice")
            })
    }

    /// Every type of this release.
    package static let standard = Catalogue(EventDefinition.paymentFlow)

    /// What is known of a type, or `nil`.
    package subscript(type: EventType) -> EventDefinition? {
        definitionsByType[type]
    }

    /// All definitions, by type name.
    package var definitions: [EventDefinition] {
        definitionsByType.values.sorted { $0.type.rawValue < $1.type.rawValue }
    }
}
