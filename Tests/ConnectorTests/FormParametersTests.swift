import Testing

@testable import StripeConnector

@Suite struct FormParametersTests {
    @Test func `brackets stay, everything else outside the unreserved set is encoded`() {
        var form = FormParameters()
        form.add("amount", "1999")
        form.add("metadata", "order_id", "A&B=C 100%/é+~")
        #expect(
            form.encoded
                == "amount=1999&metadata[order_id]=A%26B%3DC%20100%25%2F%C3%A9%2B~")
    }

    @Test func `a name that comes from data cannot add a parameter`() {
        var form = FormParameters()
        form.add("metadata", "x]&amount=1&y[", "v")
        #expect(form.encoded == "metadata[x]%26amount%3D1%26y[]=v")
    }

    @Test func `parameters keep their order`() {
        var form = FormParameters()
        for name in ["z", "a", "m"] { form.add(name, "1") }
        #expect(form.encoded == "z=1&a=1&m=1")
    }
}
