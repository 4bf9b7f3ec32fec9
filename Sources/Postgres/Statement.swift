/// One SQL statement and the name it is prepared under.
///
/// A named statement is parsed once per connection and then only bound and executed. The name must
/// be unique to the text: using one name with two texts is an `invalidUsage` error. With the empty
/// name, and on connections that run behind PgBouncer, the statement is sent unnamed each time.
package struct Statement: Sendable, Hashable {
    package let name: String
    package let sql: String

    package init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }

    /// How errors and logs call this statement.
    var label: String { name.isEmpty ? "unnamed statement" : "statement \(name)" }
}
