/// The decimal text of a binary `numeric`: a count of base-10,000 digits, the weight of the first,
/// the sign, the digits to show after the point, then the digits (`utils/adt/numeric.c`).
func decimalText(_ bytes: UnsafeRawBufferPointer) throws(DecodingFailure) -> String {
    let count = Int(try bytes.integer(Int16.self))
    let weight = Int(try bytes.integer(Int16.self, at: 2))
    let sign = try bytes.integer(UInt16.self, at: 4)
    let scale = Int(try bytes.integer(Int16.self, at: 6))
    switch sign {
    case 0xC000: return "NaN"
    case 0xD000: return "Infinity"
    case 0xF000: return "-Infinity"
    default: break
    }
    func digit(_ index: Int) throws(DecodingFailure) -> String {
        guard index >= 0, index < count else { return "0000" }
        let text = String(try bytes.integer(Int16.self, at: 8 + 2 * index))
        return String(repeating: "0", count: 4 - min(4, text.utf8.count)) + text
    }
    var whole = ""
    if weight >= 0 {
        for index in 0...weight { whole += try digit(index) }
    }
    let significant = whole.drop { $0 == "0" }
    var text = (sign == 0x4000 ? "-" : "") + (significant.isEmpty ? "0" : significant)
    guard scale > 0 else { return text }
    var fraction = ""
    var index = weight + 1
    while fraction.utf8.count < scale {
        fraction += try digit(index)
        index += 1
    }
    text += "." + fraction.prefix(scale)
    return text
}
