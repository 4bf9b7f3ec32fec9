/// JSON text that is sent as `jsonb` and read from `jsonb` or `json`.
///
/// The text is not parsed here; the server refuses what is not JSON (SQLSTATE 22P02).
package struct JSON: Sendable, Hashable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }
}
