// Needs ./decentro, made by: openapi-generator-cli generate --skip-validate-spec -g kotlin -i decentro.yaml -o decentro -p packageName=decentro
import decentro.apis.TokenApi
import decentro.infrastructure.ApiClient
import decentro.infrastructure.ClientError
import decentro.infrastructure.ClientException
import decentro.infrastructure.Serializer
import decentro.models.ErrorResponse
import decentro.models.TokenRequest
import kotlin.system.exitProcess
import okhttp3.Request

object Decentro {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val baseUrl = System.getenv("DECENTRO_SANDBOX_BASE_URL")
        val response = try {
            val request = TokenRequest(
                TokenRequest.GrantType.client_credentials,
                System.getenv("DECENTRO_SANDBOX_CLIENT_ID"), System.getenv("DECENTRO_SANDBOX_CLIENT_SECRET"),
            )
            // generateToken() drops the body of its GET. Whether the provider accepts a POST is unknown: see the description.
            TokenApi(baseUrl).generateTokenByPost(request)
        } catch (exception: ClientException) {
            val body = (exception.response as ClientError<*>).body as String
            val rejection = Serializer.moshi.adapter(ErrorResponse::class.java).fromJson(body)
            System.err.println("decentro: no token, code ${rejection?.responseKey}")
            exitProcess(1)
        }
        val lifetime = response.expiresIn?.takeIf { it > 0 } ?: 900

        // The emulator's echo API stands for the API that you want to use.
        val apiRequest = Request.Builder().url("$baseUrl/echo").header("Authorization", "Bearer ${response.accessToken}").build()
        val status = ApiClient.defaultClient.newCall(apiRequest).execute().use { it.code }
        println("decentro: a token for $lifetime s, the API responded with $status")
    }
}
