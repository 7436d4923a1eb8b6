// Needs ./singleview, made by: openapi-generator-cli generate --skip-validate-spec -g kotlin -i singleview.yaml -o singleview -p packageName=singleview
import kotlin.system.exitProcess
import okhttp3.Request
import singleview.apis.TokenApi
import singleview.infrastructure.ApiClient
import singleview.infrastructure.ClientError
import singleview.infrastructure.ClientException
import singleview.infrastructure.Serializer
import singleview.models.ErrorResponse
import singleview.models.TokenRequest

object SingleView {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val baseUrl = System.getenv("SINGLEVIEW_SANDBOX_BASE_URL")
        val response = try {
            val (id, code, merchant) = listOf("CLIENT_ID", "CLIENT_CODE", "MERCHANT_ID").map { System.getenv("SINGLEVIEW_SANDBOX_$it") }
            TokenApi(baseUrl).generateToken(TokenRequest(id, code, merchant, grantType = "client_credentials"))
        } catch (exception: ClientException) {
            val body = (exception.response as ClientError<*>).body as String
            val rejection = Serializer.moshi.adapter(ErrorResponse::class.java).fromJson(body)
            System.err.println("singleview: no token, code ${rejection?.errorCode}")
            exitProcess(1)
        }
        val token = response.payload
        if (response.success != true || token == null) { // a rejection may be a 200
            System.err.println("singleview: no token, code ${response.errorCode}")
            exitProcess(1)
        }
        val lifetime = token.expiresIn?.toInt()?.takeIf { it > 0 } ?: 3600

        // The emulator's echo API stands for the API that you want to use.
        val apiRequest = Request.Builder().url("$baseUrl/echo").header("Authorization", "Bearer ${token.accessToken}").build()
        val status = ApiClient.defaultClient.newCall(apiRequest).execute().use { it.code }
        println("singleview: a token for $lifetime s, the API responded with $status")
    }
}
