// Needs ./su, made by: openapi-generator-cli generate --skip-validate-spec -g java --library okhttp-gson -i su.yaml -o su -p openApiNullable=false,hideGenerationTimestamp=true,disallowAdditionalPropertiesIfNotPresent=false,invokerPackage=su,apiPackage=su,modelPackage=su
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.util.Base64;
import okhttp3.Request;
import okhttp3.Response;
import su.*;

class Su {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SU_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient().setBasePath(baseUrl);
        try {
            String domain = Base64.getEncoder().encodeToString(System.getenv("SU_SANDBOX_CLIENT_ID").getBytes());
            TokenResponse response = new TokenApi(client).generateAccessToken(domain, System.getenv("SU_SANDBOX_CLIENT_SECRET"));
            Object data = response.getData() != null ? response.getData() : response.getAdditionalProperty("Data"); // two spellings
            TokenData token = JSON.getGson().fromJson(JSON.getGson().toJsonTree(data), TokenData.class);
            if (token == null || token.getToken() == null) throw new IllegalStateException("su: no token in the response");
            int lifetime = token.getExpireIn() == null ? 0 : Integer.parseInt(token.getExpireIn());
            if (lifetime <= 0) lifetime = 3600;

            // The emulator's echo API stands for the API that you want to use.
            Request apiRequest = new Request.Builder().url(baseUrl + "/echo")
                    .header("Authorization", "Bearer " + token.getToken()).build();
            try (Response apiResponse = client.getHttpClient().newCall(apiRequest).execute()) {
                System.out.println("su: a token for " + lifetime + " s, the API responded with " + apiResponse.code());
            }
        } catch (ApiException exception) {
            if (exception.getResponseBody() == null) throw exception; // no response
            JsonElement errors = JsonParser.parseString(exception.getResponseBody()).getAsJsonObject().get("Errors");
            if (errors.isJsonArray()) errors = errors.getAsJsonArray().get(0); // a list, or a single error
            System.err.println("su: no token, code " + errors.getAsJsonObject().get("Code").getAsString());
            System.exit(1);
        }
    }
}
