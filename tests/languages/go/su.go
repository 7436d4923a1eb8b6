// Needs ./su, made by: openapi-generator-cli generate --skip-validate-spec -g go -i su.yaml -o su -p packageName=su,withGoMod=false
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"

	"example/su"
)

func main() {
	configuration := su.NewConfiguration()
	configuration.Servers = su.ServerConfigurations{{URL: os.Getenv("SU_SANDBOX_BASE_URL")}}
	client := su.NewAPIClient(configuration)

	domain := base64.StdEncoding.EncodeToString([]byte(os.Getenv("SU_SANDBOX_CLIENT_ID")))
	call := client.TokenAPI.GenerateAccessToken(context.Background())
	reply, _, err := call.ClientId(domain).ClientSecret(os.Getenv("SU_SANDBOX_CLIENT_SECRET")).Execute()

	var failed *su.GenericOpenAPIError
	if errors.As(err, &failed) {
		var refusal struct{ Errors []struct{ Code string } }
		json.Unmarshal(failed.Body(), &refusal)
		log.Fatal("su: no token, code ", refusal.Errors)
	} else if err != nil {
		log.Fatal("su: ", err)
	}

	data := reply.GetData()
	if spelt, ok := reply.AdditionalProperties["Data"].(map[string]any); ok { // as the provider's page spells it
		token, _ := spelt["token"].(string)
		seconds, _ := spelt["expire_in"].(string)
		data.SetToken(token)
		data.SetExpireIn(seconds)
	}
	if data.GetToken() == "" {
		log.Fatal("su: no token in the reply")
	}
	life, _ := strconv.Atoi(data.GetExpireIn())
	if life <= 0 {
		life = 3600
	}

	// The emulator's echo API stands for the API that you want.
	request, _ := http.NewRequest("GET", os.Getenv("SU_SANDBOX_BASE_URL")+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+data.GetToken())
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("su: ", err)
	}
	fmt.Printf("su: a token for %d s, the API answered %d\n", life, answer.StatusCode)
}
