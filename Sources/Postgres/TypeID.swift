/// The object id of a PostgreSQL type. Those of built-in types never change (`pg_type.dat`).
package struct TypeID: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    private init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    static let none = TypeID(0)
    package static let bool = TypeID(16)
    package static let bytea = TypeID(17)
    package static let char = TypeID(18)
    package static let name = TypeID(19)
    package static let int8 = TypeID(20)
    package static let int2 = TypeID(21)
    package static let int4 = TypeID(23)
    package static let text = TypeID(25)
    package static let oid = TypeID(26)
    package static let xid = TypeID(28)
    package static let json = TypeID(114)
    package static let float4 = TypeID(700)
    package static let float8 = TypeID(701)
    package static let unknown = TypeID(705)
    package static let bpchar = TypeID(1042)
    package static let varchar = TypeID(1043)
    package static let date = TypeID(1082)
    package static let timestamp = TypeID(1114)
    package static let timestamptz = TypeID(1184)
    package static let interval = TypeID(1186)
    package static let numeric = TypeID(1700)
    package static let void = TypeID(2278)
    package static let uuid = TypeID(2950)
    package static let jsonb = TypeID(3802)
    package static let xid8 = TypeID(5069)

    package static let boolArray = TypeID(1000)
    package static let byteaArray = TypeID(1001)
    package static let nameArray = TypeID(1003)
    package static let int2Array = TypeID(1005)
    package static let int4Array = TypeID(1007)
    package static let textArray = TypeID(1009)
    package static let varcharArray = TypeID(1015)
    package static let int8Array = TypeID(1016)
    package static let float8Array = TypeID(1022)
    package static let timestamptzArray = TypeID(1185)
    package static let intervalArray = TypeID(1187)
    package static let numericArray = TypeID(1231)
    package static let uuidArray = TypeID(2951)
    package static let jsonbArray = TypeID(3807)

    /// Types that an extension or the schema defined, enums among them.
    var isUserDefined: Bool { rawValue >= 16384 }
}

extension TypeID: CustomStringConvertible {
    package var description: String {
        Self.names[self] ?? "type \(rawValue)"
    }

    private static let names: [TypeID: String] = [
        .bool: "bool", .bytea: "bytea", .char: "\"char\"", .name: "name", .int8: "int8",
        .int2: "int2", .int4: "int4", .text: "text", .oid: "oid", .xid: "xid", .json: "json",
        .float4: "float4", .float8: "float8", .unknown: "unknown", .bpchar: "char",
        .varchar: "varchar", .date: "date", .timestamp: "timestamp", .timestamptz: "timestamptz",
        .interval: "interval", .numeric: "numeric", .void: "void", .uuid: "uuid",
        .jsonb: "jsonb", .xid8: "xid8", .boolArray: "bool[]", .byteaArray: "bytea[]",
        .nameArray: "name[]", .int2Array: "int2[]", .int4Array: "int4[]", .textArray: "text[]",
        .varcharArray: "varchar[]", .int8Array: "int8[]", .float8Array: "float8[]",
        .timestamptzArray: "timestamptz[]", .intervalArray: "interval[]",
        .numericArray: "numeric[]", .uuidArray: "uuid[]", .jsonbArray: "jsonb[]",
    ]
}
