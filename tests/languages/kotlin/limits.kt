// What this generator's clients do with secrets, the body of a GET and undeclared fields; scripts/languages.py reads the output.
object Limits {
    @JvmStatic
    fun main(arguments: Array<String>) {
        when (arguments[0]) {
            "secret" -> println(
                setu.models.TokenRequest(System.getenv("SETU_SANDBOX_CLIENT_ID"), System.getenv("SETU_SANDBOX_SECRET"))
            )
            "get" -> decentro.apis.TokenApi(System.getenv("DECENTRO_SANDBOX_BASE_URL")).generateToken(
                decentro.models.TokenRequest(
                    decentro.models.TokenRequest.GrantType.client_credentials,
                    System.getenv("DECENTRO_SANDBOX_CLIENT_ID"), System.getenv("DECENTRO_SANDBOX_CLIENT_SECRET"),
                )
            )
            else -> println(
                su.apis.TokenApi(System.getenv("SU_SANDBOX_BASE_URL")).generateAccessToken(
                    System.getenv("SU_SANDBOX_CLIENT_ID_BASE64"), System.getenv("SU_SANDBOX_CLIENT_SECRET")
                )
            )
        }
    }
}
