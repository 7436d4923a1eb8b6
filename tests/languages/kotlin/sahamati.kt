// Needs ./sahamati, made by: openapi-generator-cli generate --skip-validate-spec -g kotlin -i sahamati.yaml -o sahamati -p packageName=sahamati
import kotlin.system.exitProcess
import okhttp3.Request
import sahamati.apis.TokenApi
import sahamati.infrastructure.ApiClient
import sahamati.infrastructure.ClientError
import sahamati.infrastructure.ClientException
import sahamati.infrastructure.Serializer
import sahamati.models.ErrorResponse

object Sahamati {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val baseUrl = System.getenv("SAHAMATI_SANDBOX_BASE_URL")
        val response = try {
            val (entity, secret) = listOf("SAHAMATI_SANDBOX_ENTITY_ID", "SAHAMATI_SANDBOX_SECRET").map(System::getenv)
            TokenApi(baseUrl).generateEntityToken(entity, secret)
        } catch (exception: ClientException) {
            val body = (exception.response as ClientError<*>).body as String
            val rejection = Serializer.moshi.adapter(ErrorResponse::class.java).fromJson(body)
            System.err.println("sahamati: no token, code ${rejection?.errorCode}")
            exitProcess(1)
        }
        val lifetime = response.expiresIn?.takeIf { it > 0 } ?: 86400

        // The emulator's echo API stands for the API that you want to use.
        val apiRequest = Request.Builder().url("$baseUrl/echo").header("Authorization", "Bearer ${response.accessToken}").build()
        val status = ApiClient.defaultClient.newCall(apiRequest).execute().use { it.code }
        println("sahamati: a token for $lifetime s, the API responded with $status")
    }
}
