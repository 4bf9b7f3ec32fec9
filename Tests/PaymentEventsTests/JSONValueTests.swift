import Testing

@testable import PaymentEvents

struct JSONValueTests {
    @Test func `the canonical form sorts names by their bytes and drops white space`() throws {
        let value = try JSONValue(
            parsing: #" { "b" : 1, "é":2, "a":{ "z":[ true , null ],"y":0.50}, "B":3 } "#)
        #expect(value.canonicalText == #"{"B":3,"a":{"y":0.50,"z":[true,null]},"b":1,"é":2}"#)
    }

    @Test func `the canonical form escapes no more than it must`() {
        let value = JSONValue.string("/ \" \\ \u{8}\u{9}\u{a}\u{c}\u{d} \u{1} \u{1f} \u{7f} ü 😀")
        #expect(
            value.canonicalText
                == "\"/ \\\" \\\\ \\b\\t\\n\\f\\r \\u0001 \\u001f \u{7f} ü 😀\"")
    }

    @Test func `a pointer finds members and elements`() throws {
        let document = try JSONValue(parsing: #"{"a/b":{"~":[10,{"":20}]}}"#)
        #expect(document[pointer: try #require(JSONPointer("/a~1b/~0/0"))] == 10)
        #expect(document[pointer: try #require(JSONPointer("/a~1b/~0/1/"))] == 20)
        #expect(document[pointer: .root] == document)
        for missing in ["/a", "/a~1b/~0/2", "/a~1b/~0/00", "/a~1b/~0/-1", "/a~1b/~0/0/x"] {
            #expect(document[pointer: try #require(JSONPointer(missing))] == nil, "\(missing)")
        }
    }

    @Test(arguments: ["", "/", "/a", "/a~1b/m~0n", "//", "/ /\"/é"])
    func `a pointer is written as it was read`(text: String) {
        #expect(JSONPointer(text)?.description == text)
    }

    @Test(arguments: ["a", "/~", "/~2", "/a~"])
    func `a bad pointer is refused`(text: String) {
        #expect(JSONPointer(text) == nil)
    }

    @Test func `a pointer grows at both ends`() {
        let pointer = JSONPointer.root.appending("b").appending(0).under("a/")
        #expect(pointer.description == "/a~1/b/0")
    }

    @Test func `accessors give nil for another type`() {
        let values: [JSONValue] = [nil, true, 1, "s", [1], ["a": 1]]
        #expect(values.compactMap(\.boolValue) == [true])
        #expect(values.compactMap(\.intValue) == [1])
        #expect(values.compactMap(\.stringValue) == ["s"])
        #expect(values.compactMap(\.arrayValue) == [[1]])
        #expect(values.compactMap(\.objectValue) == [["a": 1]])
        #expect(values.filter(\.isNull) == [nil])
        #expect(values.compactMap { $0["a"] } == [1])
    }
}
