// Needs ./setu, made by: openapi-generator-cli generate --skip-validate-spec -g kotlin -i setu.yaml -o setu -p packageName=setu
import kotlin.system.exitProcess
import okhttp3.Request
import setu.apis.TokenApi
import setu.infrastructure.ApiClient
import setu.infrastructure.ClientError
import setu.infrastructure.ClientException
import setu.infrastructure.Serializer
import setu.models.ErrorResponse
import setu.models.TokenRequest

object Setu {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val baseUrl = System.getenv("SETU_SANDBOX_BASE_URL")
        val response = try {
            val request = TokenRequest(System.getenv("SETU_SANDBOX_CLIENT_ID"), System.getenv("SETU_SANDBOX_SECRET"))
            TokenApi(baseUrl).generateToken(request)
        } catch (exception: ClientException) {
            val body = (exception.response as ClientError<*>).body as String
            val rejection = Serializer.moshi.adapter(ErrorResponse::class.java).fromJson(body)
            System.err.println("setu: no token, code ${rejection?.error?.code}")
            exitProcess(1)
        }
        val lifetime = response.`data`.expiresIn?.takeIf { it > 0 } ?: 1800

        // The emulator's echo API stands for the API that you want to use.
        val apiRequest = Request.Builder().url("$baseUrl/echo").header("Authorization", "Bearer ${response.`data`.token}").build()
        val status = ApiClient.defaultClient.newCall(apiRequest).execute().use { it.code }
        println("setu: a token for $lifetime s, the API responded with $status")
    }
}
